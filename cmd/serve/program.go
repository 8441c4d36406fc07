// Package serve runs a node of Parlor: it turns flags, environment and
// configuration file into a running server, alone or in a cluster. "parlor serve"
// is one program made of it; a program of one's own adds kinds of rooms, routes
// and flags:
//
//	func main() {
//		serve.Main(serve.Program{
//			Name:  "counter",
//			Kinds: []actors.Kind{{Name: "counter", New: func() any { return new(Counter) }}},
//		})
//	}
//
// It takes every setting that parlor serve takes, checked in the same way.
package serve

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/httpfront"
)

// Program is what a program of one's own adds to a node. The zero Program is
// parlor itself.
type Program struct {
	// Name is the program's, for its usage, its complaints and what it logs by
	// Node.Logger. Empty: "parlor serve".
	Name string
	// About is one sentence for --help. Empty: that it runs a server.
	About string
	// Listen is the default of --listen, HOST:PORT. Empty: 127.0.0.1:8080.
	Listen string
	// Data is the default of --data, a directory. Empty: ./parlor-data.
	Data string
	// Heartbeat is the default of --heartbeat, 1s to 24h. Zero: 15 s.
	Heartbeat time.Duration
	// KafkaTopic is the topic that messages go to when --kafka-brokers is given and
	// --kafka-topic is not. Empty: none.
	KafkaTopic string
	// Environ is the environment as KEY=value, of which the variables that begin
	// with PARLOR_ are read. Nil: the environment of the process.
	Environ []string

	// Kinds are the kinds of rooms besides the default one. In a cluster every
	// node that holds rooms needs the same.
	Kinds []actors.Kind

	// Flags declares flags of the program's own, which are flags only: neither
	// the environment nor the file sets them. Their values are in place before
	// Tune is called. None may have the name of a node's flag. Nil: none.
	Flags func(*flag.FlagSet)

	// Tune has the last word on what no flag says. It is called once, before
	// anything opens with these configurations. What is set in them already
	// comes from settings, or was opened with them, and is to stay. Nil: nothing.
	Tune func(*httpfront.Config, *actors.Config)

	// Routes returns routes of the program's own, to be served besides Parlor's.
	// It is called once, when rooms are open and before the first request. An
	// error ends the start. Nil: none.
	Routes func(*Node) ([]httpfront.Route, error)

	// Started runs beside the servers until ctx ends, which is when draining
	// begins; rooms still answer then, and it has ten seconds after the last
	// stream to return. In a cluster it may be called before there is a ring.
	// If it returns an error, the node drains and ends with that error; the end
	// of ctx is none. If it returns nil, the node goes on without it. Nil:
	// nothing runs.
	Started func(ctx context.Context, n *Node) error
}

// Main runs the program as this process: it reads os.Args, ends in good order
// with the first SIGTERM or SIGINT and at once with the second, prints what is
// wrong to standard error and exits: with 0 after an end in good order or help,
// with 2 if the command line or the configuration is at fault, else with 1.
func Main(p Program) {
	ctx, stop := cli.UntilSignal()
	OwnProcess()
	code := cli.Report(os.Stderr, p.name(), Run(ctx, p, os.Args[1:], os.Stdout, os.Stderr))
	stop()
	os.Exit(code)
}

// Run runs the program until ctx ends, and then drains it; args are what follows
// the program's name. Help goes to stdout, the log to stderr. It returns when
// everything that it opened is closed. The error is flag.ErrHelp after help was
// printed, and contains a cli.UsageError, a line for each, for what is wrong with
// the command line or the configuration.
//
// It leaves signals and the rest of the process alone, so that several may run at
// a time, with one exception: if the disk fails, the process exits with code 1.
func Run(ctx context.Context, p Program, args []string, stdout, stderr io.Writer) error {
	cfg, err := loadConfig(p, args, stdout)
	if err != nil {
		return err
	}
	err = newNode(p, cfg, stderr).serve(ctx)
	if errors.Is(err, errData) {
		return refuse("data", "can't use %s: %v", cfg.data, err)
	}
	return err
}

func (p Program) name() string { return cmp.Or(p.Name, "parlor serve") }

func (p Program) environ() []string {
	if p.Environ != nil {
		return p.Environ
	}
	return os.Environ()
}

// declare adds the program's own flags to those of every node, and returns them
// by themselves. An error is the program's fault, not its user's.
func (p Program) declare(all *cli.FlagSet) (*flag.FlagSet, error) {
	own := flag.NewFlagSet(p.name(), flag.ContinueOnError)
	if p.Flags != nil {
		p.Flags(own)
	}
	var bad []error
	own.VisitAll(func(f *flag.Flag) {
		if all.Lookup(f.Name) != nil || f.Name == "h" || f.Name == "help" {
			bad = append(bad, fmt.Errorf("the program declares --%s, which is a flag of every node", f.Name))
			return
		}
		all.Var(f.Value, f.Name, f.Usage)
	})
	return own, errors.Join(bad...)
}
