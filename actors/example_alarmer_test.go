package actors_test

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// auction takes bids until the hammer falls, whatever node it lives on by then.
type auction struct{}

// Fetch implements actors.Fetcher.
func (auction) Fetch(ctx *actors.Context, w http.ResponseWriter, r *http.Request) error {
	store := ctx.Storage()
	if _, sold := store.Get("sold"); sold {
		return actors.Refuse(http.StatusConflict, "sold", "It is sold.")
	}
	if r.URL.Path == "/going" {
		return errors.Join(store.SetAlarm(time.Now().Add(20*time.Millisecond)), ctx.Broadcast("going", "once, twice"))
	}
	bidder := r.URL.Query().Get("by")
	return errors.Join(store.PutJSON("bidder", bidder), ctx.Broadcast("bid", bidder))
}

// Alarm implements actors.Alarmer. It happens at least once: after an error, or a
// crash, it is called again, and what the failed call did is undone.
func (auction) Alarm(ctx *actors.Context, _ actors.AlarmInfo) error {
	var winner string
	if _, err := ctx.Storage().GetJSON("bidder", &winner); err != nil {
		return err
	}
	return errors.Join(ctx.Storage().Put("sold", nil), ctx.Broadcast("sold", winner))
}

// A room has one alarm, which is stored with everything else.
func ExampleAlarmer() {
	sys := openLocal(actors.Kind{Name: "auction", New: func() any { return auction{} }})
	defer sys.Close()

	room := persistence.RoomKey{Kind: "auction", Name: "lot-7"}
	events, stream := sys.listen(room, "")
	defer stream.Close()
	for _, target := range []string{"/bid?by=Ann", "/bid?by=Bob", "/going"} {
		sys.post(room, target, "")
		fmt.Println(next(events))
	}
	fmt.Println(next(events))
	fmt.Println(sys.post(room, "/bid?by=Eve", ""))
	// Output:
	// bid "Ann"
	// bid "Bob"
	// going "once, twice"
	// sold "Bob"
	// refused: sold (409)
}
