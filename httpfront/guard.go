package httpfront

import (
	"bytes"
	"strings"

	"github.com/valyala/fasthttp"
)

// checkRequest refuses requests that fasthttp serves although their meaning is
// in doubt: two parties that read them differently can be played off against
// each other.
func checkRequest(h *fasthttp.RequestHeader) error {
	if v := h.Protocol(); string(v) != "HTTP/1.1" && string(v) != "HTTP/1.0" {
		return errVersion
	}
	if err := checkHead(h.RawHeaders()); err != nil {
		return err
	}
	expect := h.Peek(fasthttp.HeaderExpect)
	if len(expect) > 0 && !bytes.EqualFold(expect, []byte("100-continue")) {
		return errExpect
	}
	return nil
}

// checkHead looks at the header lines as they came. It refuses folded lines,
// spaces in or after names, line ends other than CRLF, encodings other than
// chunked, and a length that is given in two ways.
func checkHead(raw []byte) error {
	var length, encoding bool
	for len(raw) > 0 {
		line, rest, _ := bytes.Cut(raw, []byte{'\n'})
		raw = rest
		line, crlf := bytes.CutSuffix(line, []byte{'\r'})
		if !crlf {
			return errMalformed
		}
		if len(line) == 0 {
			break
		}
		name, value, ok := bytes.Cut(line, []byte{':'})
		if !ok || len(name) == 0 || bytes.ContainsAny(name, " \t") {
			return errMalformed
		}
		switch {
		case bytes.EqualFold(name, []byte(fasthttp.HeaderContentLength)):
			length = true
		case bytes.EqualFold(name, []byte(fasthttp.HeaderTransferEncoding)):
			if encoding = true; !bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked")) {
				return errMalformed
			}
		}
	}
	if length && encoding {
		return errFraming
	}
	return nil
}

// target is a request's target, undecoded: nothing is normalised, so that a
// path has one spelling only. Its slices belong to the request.
type target struct {
	host  []byte
	path  []byte
	query []byte
}

// parseTarget splits a request target in origin form, absolute form, or "*".
// The host of an absolute form replaces the Host header.
func parseTarget(uri, host []byte) (target, error) {
	t := target{host: host}
	if len(uri) > 0 && uri[0] != '/' && string(uri) != "*" {
		rest, ok := cutScheme(uri)
		if !ok {
			return target{}, errTarget
		}
		end := bytes.IndexAny(rest, "/?")
		if end < 0 {
			end = len(rest)
		}
		t.host, uri = rest[:end], rest[end:]
		if len(t.host) == 0 || bytes.IndexByte(t.host, '@') >= 0 {
			return target{}, errTarget
		}
	}
	t.path, t.query, _ = bytes.Cut(uri, []byte{'?'})
	if len(t.path) == 0 {
		t.path = []byte{'/'}
	}
	return t, nil
}

func cutScheme(uri []byte) ([]byte, bool) {
	scheme, rest, ok := bytes.Cut(uri, []byte("://"))
	return rest, ok && (bytes.EqualFold(scheme, []byte("http")) || bytes.EqualFold(scheme, []byte("https")))
}

// hosts is the set of hosts that requests may name, in lower case; nil for all.
type hosts map[string]struct{}

func newHosts(names []string) hosts {
	if len(names) == 0 {
		return nil
	}
	set := make(hosts, len(names))
	for _, name := range names {
		set[strings.ToLower(name)] = struct{}{}
	}
	return set
}

// allows reports whether a Host, as it came, is in the set, either as it is or
// without its port.
func (h hosts) allows(host string) bool {
	if h == nil {
		return true
	}
	host = strings.ToLower(host)
	if _, ok := h[host]; ok {
		return true
	}
	name := strings.TrimRight(host, "0123456789")
	if len(name) == len(host) || !strings.HasSuffix(name, ":") {
		return false
	}
	_, ok := h[name[:len(name)-1]]
	return ok
}
