package remoting_test

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/remoting"
)

func TestConfig(t *testing.T) {
	client := func(string) *tls.Config { return nil }
	node := func(string) (string, bool) { return "", false }
	demanding := &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert}
	for _, c := range []struct {
		change func(*remoting.Config)
		want   string // part of the complaint; empty for none
	}{
		{func(*remoting.Config) {}, ""},
		{func(c *remoting.Config) { *c = remoting.Config{Bind: "127.0.0.1:9000"} }, ""},
		{func(c *remoting.Config) { c.Bind = "[::1]:0" }, ""},
		{func(c *remoting.Config) { c.Bind, c.Advertise = "0.0.0.0:9000", "example.org:9000" }, ""},
		{func(c *remoting.Config) { c.Bind, c.Advertise = ":0", "10.0.0.1:0" }, ""},
		{func(c *remoting.Config) { c.Server, c.Client, c.Node = demanding, client, node }, ""},
		{func(c *remoting.Config) { c.Bind = "" }, "bind"},
		{func(c *remoting.Config) { c.Bind = "127.0.0.1" }, "bind"},
		{func(c *remoting.Config) { c.Bind = "127.0.0.1:http" }, "bind"},
		{func(c *remoting.Config) { c.Bind = "127.0.0.1:65536" }, "bind"},
		{func(c *remoting.Config) { c.Bind = ":9000" }, "advertise"},
		{func(c *remoting.Config) { c.Bind = "0.0.0.0:9000" }, "advertise"},
		{func(c *remoting.Config) { c.Bind = "[::]:9000" }, "advertise"},
		{func(c *remoting.Config) { c.Advertise = "example.org" }, "advertise"},
		{func(c *remoting.Config) { c.Advertise = ":9000" }, "advertise"},
		{func(c *remoting.Config) { c.Server = demanding }, "TLS"},
		{func(c *remoting.Config) { c.Client = client }, "TLS"},
		{func(c *remoting.Config) { c.Server, c.Client = demanding, client }, "TLS"},
		{func(c *remoting.Config) { c.Server, c.Client, c.Node = &tls.Config{}, client, node }, "TLS"},
		{func(c *remoting.Config) {
			c.Server, c.Client, c.Node = &tls.Config{ClientAuth: tls.RequireAnyClientCert}, client, node
		}, "TLS"},
		{func(c *remoting.Config) { c.MaxMessage = 1<<20 - 1 }, "message"},
		{func(c *remoting.Config) { c.MaxMessage = 1<<30 + 1 }, "message"},
		{func(c *remoting.Config) { c.MaxQueue = -1 }, "queue"},
		{func(c *remoting.Config) { c.MaxQueue = 1<<20 + 1 }, "queue"},
		{func(c *remoting.Config) { c.DialTimeout = time.Millisecond }, "dial"},
		{func(c *remoting.Config) { c.DialTimeout = time.Hour }, "dial"},
	} {
		cfg := remoting.DefaultConfig()
		c.change(&cfg)
		err := cfg.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want a complaint about %q", cfg, err, c.want)
		}
	}
}
