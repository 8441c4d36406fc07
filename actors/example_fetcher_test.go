package actors_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// notebook keeps pages.
type notebook struct{}

// Fetch implements actors.Fetcher. The path is what follows /rooms/{room}/fetch.
func (notebook) Fetch(ctx *actors.Context, w http.ResponseWriter, r *http.Request) error {
	page, store := r.URL.Path, ctx.Storage()
	switch r.Method {
	case http.MethodPost:
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		w.WriteHeader(http.StatusCreated)
		return store.Put(page, text)
	case http.MethodGet:
		text, ok := store.Get(page)
		if !ok {
			return actors.Refuse(http.StatusNotFound, "no_page", "There is no such page.")
		}
		return json.NewEncoder(w).Encode(map[string]string{"page": page, "text": string(text)})
	}
	w.Header().Set("Allow", "GET, POST")
	http.Error(w, "", http.StatusMethodNotAllowed)
	return nil
}

// A fetcher answers requests as a handler of net/http does. The answer is sent
// when what the call has stored is committed.
func ExampleFetcher() {
	sys := openLocal(actors.Kind{Name: "notebook", New: func() any { return notebook{} }})
	defer sys.Close()

	call := actors.Call{
		Room: persistence.RoomKey{Kind: "notebook", Name: "ann"}, Method: http.MethodPost, Target: "/1", Body: []byte("Dear diary"),
		Key: "4f1a", // of one who may have to ask again
	}
	for range 2 {
		reply, err := sys.Call(context.Background(), call)
		fmt.Println(reply.Status, reply.Duplicate, err)
	}
	call.Method, call.Body, call.Key = http.MethodGet, nil, ""
	for _, call.Target = range []string{"/1", "/2"} {
		reply, err := sys.Call(context.Background(), call)
		fmt.Printf("%d %s, %v\n", reply.Status, bytes.TrimSpace(reply.Body), err)
	}
	// Output:
	// 201 false <nil>
	// 201 true <nil>
	// 200 {"page":"/1","text":"Dear diary"}, <nil>
	// 0 , refused: no_page (404)
}
