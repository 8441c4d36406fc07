package serve_test

import (
	"context"
	"flag"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve"
	"github.com/parlor-sse/parlor/persistence"
)

// A program that tells a room the time. It takes every flag of parlor serve, and
// --every.
func Example() {
	var every time.Duration
	tell := func(ctx context.Context, n *serve.Node) error {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case now := <-ticker.C:
				_, err := n.Rooms().Publish(ctx, actors.Publication{
					Room: persistence.RoomKey{Kind: actors.DefaultKind, Name: "clock"},
					Body: []byte(now.Format(`{"time":"15:04:05"}`)),
				})
				if err != nil {
					n.Logger().Warn("time not told", "err", err)
				}
			}
		}
	}
	serve.Main(serve.Program{
		Name:  "clock",
		About: "Tells the room clock the time.",
		Flags: func(fs *flag.FlagSet) {
			fs.DurationVar(&every, "every", time.Second, "`DURATION` between two messages")
		},
		Started: tell,
	})
}
