package bench

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// UsageError is a complaint about the command line: one sentence that names
// the flag.
type UsageError string

func (e UsageError) Error() string { return string(e) }

// options are what the command line says.
type options struct {
	streams     []int         // how many streams, for each scenario that broadcasts
	idleStreams int           // streams of the scenario idle
	duration    time.Duration // of one measured window
	warmup      time.Duration // of traffic before it
	size        int           // bytes of a message
	rate        float64       // messages a second, where they are paced
	floodRate   float64       // the same for the scenario flood; 0 is as fast as answered
	publishers  int           // concurrent publishers of a flood
	rooms       int           // rooms on disk
	rounds      int           // how often each figure is measured; the median counts
	scenarios   []string      // in the order of allScenarios
	out         string        // path of the JSON file; empty for none
	serverArgs  []string      // more flags for parlor serve
	peers       bool          // measure other servers, too
	target      *url.URL      // a server that is already running; nil starts one
	targetAdmin *url.URL      // its admin address; nil if unknown
	targetPID   int           // its process; 0 if unknown
	nodes       []*url.URL    // nodes of a running cluster, for a load test; nil measures one server
	ramp        time.Duration // of a load test's stage, over which its streams are opened
	token       string        // that requests to a running server carry; empty for none
}

// Bounds of what can be asked for: a benchmark ends, and leaves the machine
// usable.
const (
	maxStreams    = 100_000
	maxPublishers = 1024
	maxRooms      = 2_000_000
	maxRounds     = 20
	maxSize       = 60_000
	maxRate       = 1e6
	maxDuration   = 10 * time.Minute
)

// defaultOptions is what happens without flags.
func defaultOptions() options {
	return options{
		streams: []int{1000, 5000}, idleStreams: 10000,
		duration: 10 * time.Second, warmup: 2 * time.Second,
		size: 200, rate: 10, publishers: 64, rooms: 100_000, rounds: 1,
		scenarios: scenarioNames(), ramp: 20 * time.Second,
	}
}

// parseOptions reads the command line. A request for help prints it to w and
// gives flag.ErrHelp.
func parseOptions(args []string, w io.Writer) (options, error) {
	o := defaultOptions()
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Func("streams", "numbers of streams, `N,N,…` (default 1000,5000)", o.setStreams)
	fs.IntVar(&o.idleStreams, "idle-streams", o.idleStreams, "`number` of streams held to measure their memory")
	fs.DurationVar(&o.duration, "duration", o.duration, "length of each measurement")
	fs.DurationVar(&o.warmup, "warmup", o.warmup, "traffic before each measurement")
	fs.IntVar(&o.size, "size", o.size, "`bytes` of a message")
	fs.Float64Var(&o.rate, "rate", o.rate, "messages a second to all streams, where they are paced")
	fs.Float64Var(&o.floodRate, "flood-rate", o.floodRate, "messages a second of flood; 0 is as fast as they are answered")
	fs.IntVar(&o.publishers, "publishers", o.publishers, "concurrent `publishers` of flood")
	fs.IntVar(&o.rooms, "rooms", o.rooms, "`number` of idle rooms on disk")
	fs.IntVar(&o.rounds, "rounds", o.rounds, "how often to measure everything; medians are reported")
	fs.Func("scenarios", "`list` of "+strings.Join(scenarioNames(), ",")+" (default all)", o.setScenarios)
	fs.StringVar(&o.out, "out", o.out, "JSON `file` for the results; the table goes to the same name with .txt")
	fs.Func("server-args", "more `flags` for parlor serve, separated by spaces", o.setServerArgs)
	fs.BoolVar(&o.peers, "peers", o.peers, "measure nginx with Nchan as well, if it is installed")
	fs.Func("target", "`URL` of a server that is running already, on this machine", setURL(&o.target))
	fs.Func("target-admin", "`URL` of that server's admin address", setURL(&o.targetAdmin))
	fs.IntVar(&o.targetPID, "target-pid", o.targetPID, "process `id` of that server, to measure what it costs")
	o.declareLoad(fs)
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			printHelp(fs, w)
			return o, flag.ErrHelp
		}
		return o, UsageError(err.Error())
	}
	if fs.NArg() > 0 {
		return o, UsageError(fmt.Sprintf("bench takes no argument %q", fs.Arg(0)))
	}
	if err := o.settleLoad(fs); err != nil {
		return o, err
	}
	return o, o.validate()
}

// printHelp prints the flags in the form of the other commands.
func printHelp(fs *flag.FlagSet, w io.Writer) {
	fmt.Fprint(w, "Usage:\n\n  parlor bench [flags]\n\nMeasures the server on this machine against the floor that the machine allows.\nWith --nodes it puts streams on the nodes of a running cluster, in stages, and\nends with status 1 unless they take them well. Only loopback addresses are ever\ncontacted.\n\nFlags:\n\n")
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fs.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" {
			text += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(tw, "  --%s\t%s\t%s\n", f.Name, value, text)
	})
	tw.Flush()
}

func (o *options) setStreams(text string) error {
	o.streams = nil
	for field := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil {
			return fmt.Errorf("%q is not a number", field)
		}
		o.streams = append(o.streams, n)
	}
	slices.Sort(o.streams)
	o.streams = slices.Compact(o.streams)
	return nil
}

func (o *options) setScenarios(text string) error {
	var chosen []string
	for field := range strings.SplitSeq(text, ",") {
		name := strings.TrimSpace(field)
		switch {
		case name == "all":
			chosen = scenarioNames()
		case slices.Contains(scenarioNames(), name):
			chosen = append(chosen, name)
		default:
			return fmt.Errorf("there is no scenario %q", name)
		}
	}
	o.scenarios = nil
	for _, name := range scenarioNames() {
		if slices.Contains(chosen, name) {
			o.scenarios = append(o.scenarios, name)
		}
	}
	return nil
}

func (o *options) setServerArgs(text string) error {
	o.serverArgs = strings.Fields(text)
	return nil
}

// setURL makes a flag's function that accepts the URL of a loopback server.
func setURL(to **url.URL) func(string) error {
	return func(text string) error {
		u, err := url.Parse(text)
		if err != nil {
			return err
		}
		if u.Scheme != "http" || u.Port() == "" || u.Path != "" && u.Path != "/" || u.User != nil || u.RawQuery != "" {
			return errors.New("it must look like http://127.0.0.1:8080")
		}
		if err := checkLoopback(u.Host); err != nil {
			return err
		}
		*to = u
		return nil
	}
}

// checkLoopback refuses every address that is not this machine's own: a load
// test of somebody else's server must not be a typing error away. Names are
// refused as well, since what they mean can change after the check.
func checkLoopback(hostPort string) error {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return err
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.IsLoopback() {
		return fmt.Errorf("%q is not a loopback address such as 127.0.0.1", host)
	}
	return nil
}

// validate reports everything that is wrong with the options.
func (o options) validate() error {
	var complaints []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			complaints = append(complaints, UsageError(fmt.Sprintf(format, args...)))
		}
	}
	for _, n := range o.streams {
		require(0 < n && n <= maxStreams, "--streams must be from 1 to %d", maxStreams)
	}
	require(0 < o.idleStreams && o.idleStreams <= maxStreams, "--idle-streams must be from 1 to %d", maxStreams)
	require(0 < o.duration && o.duration <= maxDuration, "--duration must be positive, and at most %v", maxDuration)
	require(0 <= o.warmup && o.warmup <= maxDuration, "--warmup must be at most %v", maxDuration)
	require(traffic.MinSize <= o.size && o.size <= maxSize, "--size must be from %d to %d", traffic.MinSize, maxSize)
	require(0 < o.rate && o.rate <= maxRate, "--rate must be positive, and at most %g", maxRate)
	require(0 <= o.floodRate && o.floodRate <= maxRate, "--flood-rate must be from 0 to %g", maxRate)
	require(0 < o.publishers && o.publishers <= maxPublishers, "--publishers must be from 1 to %d", maxPublishers)
	require(0 < o.rooms && o.rooms <= maxRooms, "--rooms must be from 1 to %d", maxRooms)
	require(0 < o.rounds && o.rounds <= maxRounds, "--rounds must be from 1 to %d", maxRounds)
	require(o.out == "" || strings.HasSuffix(o.out, ".json"), "--out must end in .json")
	require(o.target == nil || len(o.serverArgs) == 0, "--server-args is for a server that bench starts, not for --target")
	require(o.target != nil || o.targetAdmin == nil && o.targetPID == 0, "--target-admin and --target-pid need --target")
	require(0 < o.ramp && o.ramp <= maxDuration, "--ramp must be positive, and at most %v", maxDuration)
	require(o.target != nil || len(o.nodes) > 0 || o.token == "", "--token-file needs --target or --nodes")
	require(o.targetPID >= 0, "--target-pid must be a process id")
	return errors.Join(complaints...)
}
