// Command kafka counts in public: it sends an event every two seconds to all who
// listen, whichever node they are at, and has a consumer that sums up what of it
// arrives in Kafka.
package main

import (
	"context"
	"flag"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

func main() {
	every := 2 * time.Second
	var links links
	rooms := newRooms()
	serve.Main(serve.Program{
		Name:   "kafka",
		About:  "Counts in public, and sums up what arrives in Kafka.",
		Listen: "127.0.0.1:3000",
		Data:   "./kafka-data",

		KafkaTopic: "events-topic",
		Kinds: []actors.Kind{{
			Name: counterKind, Private: true,
			New: func() any { return counter{every: every, publish: rooms.publish} },
		}},
		Flags: func(fs *flag.FlagSet) {
			cli.Interval(fs, &every, "interval", "time between two events")
		},
		Tune:   links.tell,
		Routes: links.open,
		Started: func(ctx context.Context, n *serve.Node) error {
			rooms.open(n.Rooms())
			links.run(ctx, func(ctx context.Context) { keepCounting(ctx, n.Rooms(), n.Logger()) })
			return nil
		},
	})
}
