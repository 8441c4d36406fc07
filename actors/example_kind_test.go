package actors_test

import (
	"fmt"
	"net/http"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// visits counts who comes by. The count is stored, so it is there when the room
// has slept, or moved to another node.
type visits struct{}

// Fetch implements actors.Fetcher.
func (visits) Fetch(ctx *actors.Context, w http.ResponseWriter, r *http.Request) error {
	var n int
	if _, err := ctx.Storage().GetJSON("n", &n); err != nil {
		return err
	}
	n++
	if err := ctx.Storage().PutJSON("n", n); err != nil {
		return err
	}
	fmt.Fprintf(w, "%s was visited %d times", ctx.Name(), n)
	return nil
}

// A kind is a sort of room; each room of it has a behaviour, and a storage, of
// its own.
func ExampleKind() {
	sys := openLocal(actors.Kind{Name: "visits", New: func() any { return visits{} }})
	defer sys.Close()

	home := persistence.RoomKey{Kind: "visits", Name: "home"}
	about := persistence.RoomKey{Kind: "visits", Name: "about"}
	fmt.Println(sys.post(home, "/", ""))
	fmt.Println(sys.post(home, "/", ""))
	fmt.Println(sys.post(about, "/", ""))
	// Output:
	// home was visited 1 times
	// home was visited 2 times
	// about was visited 1 times
}
