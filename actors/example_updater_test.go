package actors_test

import (
	"fmt"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// countdown says how far it is, for as long as somebody listens.
type countdown struct{ left int }

// Start implements actors.Starter. It runs before any other call.
func (c *countdown) Start(ctx *actors.Context) error {
	c.left = 4
	return nil
}

// Update implements actors.Updater.
func (c *countdown) Update(ctx *actors.Context) (any, error) {
	if c.left == 0 {
		return nil, nil // nothing to say
	}
	c.left--
	return map[string]any{"left": c.left, "listeners": ctx.Listeners()}, nil
}

// Updates are sent to all who listen, and are not kept. A field of a behaviour
// lasts as long as the room is awake, and needs no lock.
func ExampleUpdater() {
	sys := openLocal(actors.Kind{
		Name: "countdown", New: func() any { return new(countdown) }, Update: 5 * time.Millisecond,
	})
	defer sys.Close()

	events, stream := sys.listen(persistence.RoomKey{Kind: "countdown", Name: "x"}, "")
	defer stream.Close()
	for range 4 {
		fmt.Println(next(events))
	}
	// Output:
	// update {"left":3,"listeners":1}
	// update {"left":2,"listeners":1}
	// update {"left":1,"listeners":1}
	// update {"left":0,"listeners":1}
}
