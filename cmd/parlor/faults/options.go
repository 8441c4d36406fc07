package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/fault"
)

// Networks to choose from.
const (
	networkAuto       = "auto"
	networkNamespaces = "namespaces"
	networkLoopback   = "loopback"
)

// Groups of faults, in place of their names.
const (
	groupAll = "all"
	groupCI  = "ci"
)

// options are what the command line says.
type options struct {
	faults      []fault.Kind
	seed        uint64
	runs        int // of each fault, with rising seeds
	nodes       int
	replicas    int
	history     int // 0 lets the seed choose
	rooms       int
	rate        float64
	subscribers int
	duration    time.Duration // of each fault; 0 leaves it to the fault
	short       bool
	parlor      string
	serverArgs  []string
	plain       bool
	kafka       bool
	network     string
	dir         string
	keep        bool
	recheck     string
}

// shortened is by how much -short makes times and rates smaller.
const shortened = 3

// parseOptions reads the command line. Help goes to w.
func parseOptions(args []string, w io.Writer) (options, error) {
	var o options
	var faults, serverArgs string
	fs := flag.NewFlagSet("faults", flag.ContinueOnError)
	fs.SetOutput(w)
	fs.Usage = func() { usage(fs, w) }
	fs.StringVar(&faults, "faults", groupAll, "`NAMES`, separated by commas, or all, or ci for a few minutes' choice")
	fs.Uint64Var(&o.seed, "seed", 0, "what chance begins with; 0 picks one, which is printed")
	fs.IntVar(&o.runs, "runs", 1, "how often each fault is run, with rising seeds")
	fs.IntVar(&o.nodes, "nodes", 5, "nodes of the cluster; 1 is a node without a cluster")
	fs.IntVar(&o.replicas, "replicas", 3, "copies of each room")
	fs.IntVar(&o.history, "history", 0, "messages that rooms keep; 0 lets the seed choose 10 or 200")
	fs.IntVar(&o.rooms, "rooms", 20, "rooms")
	fs.Float64Var(&o.rate, "rate", 600, "messages a second, all rooms together")
	fs.IntVar(&o.subscribers, "subscribers", 60, "streams; every third is on three rooms")
	fs.DurationVar(&o.duration, "duration", 0, "how long each fault stays; 0 leaves it to the fault")
	fs.BoolVar(&o.short, "short", false, "a third of the time and of the rate")
	fs.StringVar(&o.parlor, "parlor", "./parlor", "`PATH` of the program under test")
	fs.StringVar(&serverArgs, "server-args", "", "more `FLAGS` for parlor serve, separated by spaces")
	fs.BoolVar(&o.plain, "plain", false, "no keys between the nodes")
	fs.BoolVar(&o.kafka, "kafka", false, "in every run hand the messages to a Kafka broker, and judge what it got")
	fs.StringVar(&o.network, "network", networkAuto, "namespaces, loopback, or auto for the first that can be had")
	fs.StringVar(&o.dir, "dir", "", "`DIR` for the runs and the report (default: a temporary one, removed if all is well)")
	fs.BoolVar(&o.keep, "keep", false, "keep the runs though all is well")
	fs.StringVar(&o.recheck, "recheck", "", "judge again what an earlier run left in `DIR`, and do nothing else")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("there is no argument %q", fs.Arg(0))
	}
	o.serverArgs = strings.Fields(serverArgs)
	var err error
	if o.faults, err = chosen(faults); err != nil {
		return o, err
	}
	for o.seed == 0 {
		o.seed = uint64(rand.Uint32())
	}
	return o, o.validate()
}

// validate joins all complaints.
func (o options) validate() error {
	var errs []error
	between := func(name string, value, least, most float64) {
		if value < least || value > most {
			errs = append(errs, fmt.Errorf("-%s is from %v to %v", name, least, most))
		}
	}
	between("runs", float64(o.runs), 1, 10_000)
	between("nodes", float64(o.nodes), 1, 50)
	between("replicas", float64(o.replicas), 1, 7)
	between("history", float64(o.history), 0, 1000)
	between("rooms", float64(o.rooms), 1, 1000)
	between("rate", o.rate, 1, 10_000)
	between("subscribers", float64(o.subscribers), 1, 1000)
	between("duration", o.duration.Seconds(), 0, 600)
	if o.network != networkAuto && o.network != networkNamespaces && o.network != networkLoopback {
		errs = append(errs, fmt.Errorf("-network is %s, %s or %s", networkAuto, networkNamespaces, networkLoopback))
	}
	return errors.Join(errs...)
}

// chosen returns the faults of a list of names and groups.
func chosen(list string) ([]fault.Kind, error) {
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		switch name = strings.TrimSpace(name); name {
		case groupAll:
			for _, k := range fault.All() {
				names = append(names, k.Name)
			}
		case groupCI:
			names = append(names, fault.CI()...)
		default:
			names = append(names, name)
		}
	}
	var kinds []fault.Kind
	for _, name := range names {
		kind, ok := fault.Find(name)
		if !ok {
			return nil, fmt.Errorf("-faults: there is no fault %q", name)
		}
		kinds = append(kinds, kind)
	}
	return kinds, nil
}

// usage prints the flags and the faults.
func usage(fs *flag.FlagSet, w io.Writer) {
	fmt.Fprintln(w, "Usage: go run ./cmd/parlor/faults [flags]\n\nHurts clusters of real processes and judges whether they kept their promises.\n\nFlags:")
	fs.PrintDefaults()
	fmt.Fprintln(w, "\nFaults:")
	for _, k := range fault.All() {
		fmt.Fprintf(w, "  %-16s %s\n", k.Name, k.About)
	}
}
