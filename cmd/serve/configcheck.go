package serve

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// check refuses combinations of settings that are impossible or dangerous, and
// loads certificates and keys. A setting whose own value was refused is still
// empty and not complained of again; refused has the keys of those.
func (c *config) check(refused map[string]bool) error {
	keys := c.access.loadKeys(refused)
	return errors.Join(
		keys,
		c.sinks.check(refused, c.insecure),
		c.checkExposure("listen", c.listen),
		c.checkExposure("admin", c.admin),
		c.checkDistinct(),
		c.checkOrigins(),
		c.loadCertificate(),
		c.checkPlace(refused),
	)
}

// checkExposure refuses an address that others than this machine's users can
// reach, unless callers there are asked who they are.
func (c *config) checkExposure(key, addr string) error {
	if addr == "" || c.insecure || !beyondLoopback(addr) {
		return nil
	}
	switch {
	case key == "admin":
		return refuse(key, "%s can be reached from other machines, and nothing there asks who calls; set insecure if that is meant", addr)
	case c.access.keyed():
		return nil
	}
	return refuse(key, "%s can be reached from other machines, and anybody who reaches it may publish and subscribe; set jwt-key-file, or insecure if that is meant", addr)
}

// beyondLoopback reports whether a listener on the address may be reachable
// from other machines. It resolves no names: what a name stands for may change.
func beyondLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return true
	}
	if strings.EqualFold(host, "localhost") {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err != nil || !ip.Unmap().IsLoopback()
}

func (c *config) checkDistinct() error {
	if _, port, _ := net.SplitHostPort(c.admin); c.admin != c.listen || port == "0" || c.admin == "" {
		return nil
	}
	return refuse("admin", "%s is the address of listen as well; the two must differ", c.admin)
}

func (c *config) checkOrigins() error {
	if len(c.corsOrigins) > 1 && slices.Contains(c.corsOrigins, "*") {
		return refuse("cors-origin", "* allows every origin, so it can't stand beside others")
	}
	return nil
}

func (c *config) loadCertificate() error {
	switch {
	case c.tlsCert == "" && c.tlsKey == "":
		return nil
	case c.tlsKey == "":
		return refuse("tls-key", "must be set as tls-cert is")
	case c.tlsCert == "":
		return refuse("tls-cert", "must be set as tls-key is")
	}
	cert, err := tls.LoadX509KeyPair(c.tlsCert, c.tlsKey)
	if err != nil {
		return refuse("tls-cert", "can't use %s with tls-key %s: %v", c.tlsCert, c.tlsKey, err)
	}
	c.certificate = &cert
	return nil
}
