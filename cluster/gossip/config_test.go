package gossip_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/gossip"
)

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*gossip.Config)
		says   string // nothing for a configuration that is right
	}{
		{"right", func(*gossip.Config) {}, ""},
		{"defaults spelled out", func(c *gossip.Config) {
			d := gossip.DefaultConfig()
			c.ProbeInterval, c.ProbeTimeout, c.Reclaim = d.ProbeInterval, d.ProbeTimeout, d.Reclaim
		}, ""},
		{"no name", func(c *gossip.Config) { c.Name = "" }, "Name"},
		{"a long name", func(c *gossip.Config) { c.Name = strings.Repeat("n", gossip.MaxName+1) }, "Name"},
		{"a name with a line feed", func(c *gossip.Config) { c.Name = "a\nb" }, "Name"},
		{"no logger", func(c *gossip.Config) { c.Logger = nil }, "Logger"},
		{"no start", func(c *gossip.Config) { c.Meta.Started = 0 }, "Meta.Started"},
		{"long metadata", func(c *gossip.Config) { c.Meta.HTTP = strings.Repeat("h", gossip.MaxMeta) }, "Meta"},
		{"a long label", func(c *gossip.Config) { c.Label = strings.Repeat("l", 256) }, "Label"},
		{"a short key", func(c *gossip.Config) { c.Keys = [][]byte{make([]byte, 15)} }, "every one of Keys"},
		{"too many keys", func(c *gossip.Config) { c.Keys = make([][]byte, gossip.MaxKeys+1) }, "Keys must be at most"},
		{"no bind", func(c *gossip.Config) { c.Bind = "" }, "Bind"},
		{"bind without port", func(c *gossip.Config) { c.Bind = "127.0.0.1" }, "Bind"},
		{"bind to a named port", func(c *gossip.Config) { c.Bind = ":http" }, "Bind"},
		{"advertise nothing", func(c *gossip.Config) { c.Advertise = ":7946" }, "Advertise"},
		{"a seed without port", func(c *gossip.Config) { c.Join = []string{"10.0.0.1"} }, "Join"},
		{"too many seeds", func(c *gossip.Config) { c.Join = make([]string, gossip.MaxSeeds+1) }, "Join must be at most"},
		{"a timeout as long as the interval", func(c *gossip.Config) { c.ProbeTimeout = 200 * time.Millisecond }, "ProbeTimeout"},
		{"no suspicion", func(c *gossip.Config) { c.SuspicionMult = 1 }, "SuspicionMult"},
		{"a negative reclaim", func(c *gossip.Config) { c.Reclaim = -1 }, "Reclaim"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config("a", "127.0.0.1:7946")
			cfg.Logger = slog.New(slog.DiscardHandler)
			tt.change(&cfg)
			err := cfg.Validate()
			switch {
			case tt.says == "" && err != nil:
				t.Error(err)
			case tt.says != "" && (err == nil || !strings.Contains(err.Error(), "gossip: "+tt.says)):
				t.Errorf("got %v", err)
			}
		})
	}
}
