package cli

import (
	"flag"
	"io"
	"testing"
	"time"
)

func TestInterval(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 2 * time.Second, "1ms": time.Millisecond, "90s": 90 * time.Second, "24h": 24 * time.Hour,
		"0s": 0, "999us": 0, "24h1ms": 0, "-1s": 0, "2": 0, "often": 0,
	} {
		every := 2 * time.Second
		fs := flag.NewFlagSet("test", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		Interval(fs, &every, "interval", "time between two of them")
		if def := fs.Lookup("interval").DefValue; def != "2s" {
			t.Fatalf("default %q", def)
		}
		var args []string
		if text != "" {
			args = []string{"--interval", text}
		}
		switch err := fs.Parse(args); {
		case want == 0 && err == nil:
			t.Errorf("%q: taken as %v", text, every)
		case want != 0 && (err != nil || every != want):
			t.Errorf("%q: %v, %v", text, every, err)
		}
	}
}
