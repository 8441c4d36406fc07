package main

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

const tailAbout = `Prints the events of one or several rooms as they come, until it is interrupted.
It does what EventSource does in a browser: it reconnects when the stream ends,
with the id that it saw last, after the time that the server asked for.

A line is the id, the event's name and its data; with several rooms the room
goes first. Gaps and resets that the server announces begin with !!!. The ids of
a room have to rise by one from message to message; where they do not, and the
server said nothing, a complaint goes to standard error and the exit code is 1.`

// tailOptions are the flags of tail.
type tailOptions struct {
	rooms   []string
	from    string
	replay  int // negative: the server's default
	format  string
	updates bool
	json    bool
	count   int // messages to print; 0 for no end
}

// tagged reports whether events tell their room.
func (o tailOptions) tagged() bool { return len(o.rooms) > 1 || o.format == "tagged" }

// query returns the parameters of GET /connect.
func (o tailOptions) query() url.Values {
	q := url.Values{"room": o.rooms}
	if o.format != "" {
		q.Set("format", o.format)
	}
	if o.replay >= 0 {
		q.Set("replay", strconv.Itoa(o.replay))
	}
	return q
}

func runTail(ctx context.Context, args []string, p process) error {
	fs := cli.NewFlagSet("parlor tail", "[FLAGS] ROOM...", tailAbout)
	var o tailOptions
	server := serverFlags(fs, p)
	fs.StringVar(&o.from, "from", "", "`ID` to go on after, as if it had been seen last (default: none)")
	fs.IntVar(&o.replay, "replay", -1, "`N` kept messages to begin with when there is no id to go on from; -1 for the server's default")
	fs.StringVar(&o.format, "format", "", "`FORMAT` to ask the server for: named, plain or tagged (default: named, for several rooms tagged)")
	fs.BoolVar(&o.updates, "updates", false, "print update events too")
	fs.BoolVar(&o.json, "json", false, "print each event as a line of JSON")
	fs.IntVar(&o.count, "count", 0, "`N` messages after which to end; 0 for no end")
	rest, err := fs.Parse(args, 1, 1<<20, p.stdout)
	if err != nil {
		return err
	}
	o.rooms = rest
	if !slices.Contains([]string{"", "named", "plain", "tagged"}, o.format) {
		return cli.Usagef("format: %q is none of named, plain, tagged", o.format)
	}
	if o.count < 0 {
		return cli.Usagef("count: must not be negative")
	}
	c, err := server.open()
	if err != nil {
		return err
	}
	defer c.Close()
	return newTailer(c, o, p.stdout, p.stderr).run(ctx)
}
