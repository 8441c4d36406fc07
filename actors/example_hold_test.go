package actors_test

import (
	"fmt"
	"io"
	"net/http"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// desk answers with what the archive says.
type desk struct{}

// Fetch implements actors.Fetcher. The answer waits for that of another room.
func (desk) Fetch(ctx *actors.Context, w http.ResponseWriter, r *http.Request) error {
	if err := ctx.Hold(w); err != nil {
		return err
	}
	question, err := http.NewRequest(http.MethodGet, r.URL.Path, http.NoBody)
	if err != nil {
		return err
	}
	return ctx.Room("archive", "main").Fetch(question, func(ctx *actors.Context, res *http.Response, err error) {
		if err != nil {
			http.Error(w, "The archive is closed.", http.StatusServiceUnavailable)
		} else {
			_, _ = io.Copy(w, res.Body)
		}
		if err := ctx.Answer(w); err != nil {
			ctx.Logger().Warn("nobody was answered", "err", err)
		}
	})
}

// archive knows everything.
type archive struct{}

// Fetch implements actors.Fetcher.
func (archive) Fetch(_ *actors.Context, w http.ResponseWriter, r *http.Request) error {
	fmt.Fprintf(w, "%s is in drawer 7", r.URL.Path[1:])
	return nil
}

// A request is held back until another room has answered.
func ExampleContext_Hold() {
	sys := openLocal(
		actors.Kind{Name: "desk", New: func() any { return desk{} }},
		actors.Kind{Name: "archive", New: func() any { return archive{} }},
	)
	defer sys.Close()

	fmt.Println(sys.post(persistence.RoomKey{Kind: "desk", Name: "front"}, "/the-map", ""))
	// Output:
	// the-map is in drawer 7
}
