package bench

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"strings"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// maxNodes bounds the nodes of a load test.
const maxNodes = 64

// loadStages and loadRate are a load test's defaults for --streams and --rate: a
// message every two seconds.
const loadRate = 0.5

func loadStages() []int { return []int{1000, 5000, 10_000, 50_000} }

// declareLoad declares the flags of a load test, and of servers that want tokens.
func (o *options) declareLoad(fs *flag.FlagSet) {
	fs.Func("nodes", "`URLs` of nodes that run already, URL,URL,…: a load test in stages (--streams 1000,5000,10000,50000), with a message every 2 s (--rate 0.5)", o.setNodes)
	fs.DurationVar(&o.ramp, "ramp", o.ramp, "time over which a load test opens a stage's streams; it holds them for --duration")
	fs.Func("token-file", "`file` with a token for the requests to --target or --nodes", o.setToken)
}

func (o *options) setNodes(text string) error {
	for field := range strings.SplitSeq(text, ",") {
		var node *url.URL
		if err := setURL(&node)(strings.TrimSpace(field)); err != nil {
			return err
		}
		o.nodes = append(o.nodes, node)
	}
	if len(o.nodes) > maxNodes {
		return fmt.Errorf("%d nodes are more than %d", len(o.nodes), maxNodes)
	}
	return nil
}

// setToken reads the token from a file, since others see a command line.
func (o *options) setToken(file string) (err error) {
	o.token, err = auth.ReadTokenFile(file)
	return err
}

// settleLoad gives a load test its own defaults, and refuses flags that are of
// no use to it: whoever sets them expects something else.
func (o *options) settleLoad(fs *flag.FlagSet) error {
	given := make(map[string]bool)
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if len(o.nodes) == 0 {
		if given["ramp"] {
			return UsageError("--ramp is of a load test; it needs --nodes")
		}
		return nil
	}
	var bad []error
	fs.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "nodes", "streams", "ramp", "duration", "rate", "size", "token-file":
		default:
			bad = append(bad, UsageError("--"+f.Name+" is of no use with --nodes"))
		}
	})
	if !given["streams"] {
		o.streams = loadStages()
	}
	if !given["rate"] {
		o.rate = loadRate
	}
	return errors.Join(bad...)
}
