package actors_test

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// thermometer tells the city that it stands in how warm it is.
type thermometer struct{}

// Fetch implements actors.Fetcher. The call to the city leaves when what this
// call has stored is committed; what the city says comes back as a call of its
// own.
func (thermometer) Fetch(ctx *actors.Context, w http.ResponseWriter, r *http.Request) error {
	report, err := http.NewRequest(http.MethodPost, "/report"+r.URL.Path, http.NoBody)
	if err != nil {
		return err
	}
	report.Header.Set("Idempotency-Key", r.URL.Path) // so that it counts once, however often it is sent
	return ctx.Room("city", "Rome").Fetch(report, func(ctx *actors.Context, res *http.Response, err error) {
		if err == nil {
			var answer bytes.Buffer
			_, _ = answer.ReadFrom(res.Body)
			err = ctx.Broadcast("told", answer.String())
		}
		if err != nil {
			ctx.Logger().Warn("the city was not told", "err", err)
		}
	})
}

// city hears of all its thermometers.
type city struct{}

// Fetch implements actors.Fetcher.
func (city) Fetch(ctx *actors.Context, w http.ResponseWriter, r *http.Request) error {
	fmt.Fprintf(w, "%s heard %s", ctx.Name(), r.URL.Path)
	return ctx.Storage().Put(r.Header.Get("Parlor-Caller"), []byte(r.URL.Path))
}

// A stub is another room, wherever in the cluster it is.
func ExampleStub() {
	sys := openLocal(
		actors.Kind{Name: "thermometer", New: func() any { return thermometer{} }},
		actors.Kind{Name: "city", New: func() any { return city{} }},
	)
	defer sys.Close()

	room := persistence.RoomKey{Kind: "thermometer", Name: "t1"}
	events, stream := sys.listen(room, "")
	defer stream.Close()
	sys.post(room, "/21.5", "")
	fmt.Println(next(events))
	// Output:
	// told "Rome heard /report/21.5"
}
