package main

import (
	"encoding/json"
	"net/http"

	"github.com/parlor-sse/parlor/httpfront/sseclients"
)

// api is the routes' handlers.
type api struct {
	clients *sseclients.Manager
}

// routes returns the server's handler.
func routes(clients *sseclients.Manager) http.Handler {
	a := api{clients}
	mux := http.NewServeMux()
	mux.Handle("/sse", a.only(http.MethodGet, clients.Handler(sseclients.ByQuery).ServeHTTP))
	mux.Handle("/send/{clientId}", a.only(http.MethodPost, a.send))
	mux.Handle("/broadcast", a.only(http.MethodPost, a.broadcast))
	mux.Handle("/{$}", a.only(http.MethodGet, a.index))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { a.clients.Refuse(w, errNotFound) })
	return mux
}

var errNotFound = sseclients.Refusal{
	Status: http.StatusNotFound, Code: "not_found", Message: "There is nothing at this path.",
}

// only lets one method through. It answers OPTIONS itself, by which browsers
// ask whether a page from elsewhere may send JSON.
func (a api) only(method string, handle http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case method:
			handle(w, r)
		case http.MethodOptions:
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("Access-Control-Allow-Methods", method)
			w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
			w.WriteHeader(http.StatusNoContent)
		default:
			a.clients.Refuse(w, sseclients.Refusal{
				Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Allow: method,
				Message: "This path takes another method: " + method + ".",
			})
		}
	})
}

// send sends an event to one client.
func (a api) send(w http.ResponseWriter, r *http.Request) {
	e, err := readEvent(w, r)
	if err == nil {
		err = a.clients.SendEvent(r.PathValue("clientId"), e.Event, e.Data)
	}
	a.answer(w, 1, err)
}

// broadcast sends an event to all clients.
func (a api) broadcast(w http.ResponseWriter, r *http.Request) {
	var n int
	e, err := readEvent(w, r)
	if err == nil {
		n, err = a.clients.Broadcast(e.Event, e.Data)
	}
	a.answer(w, n, err)
}

// answer tells how many clients an event reached, or why it did not.
func (a api) answer(w http.ResponseWriter, clients int, err error) {
	if err != nil {
		a.clients.Refuse(w, err)
		return
	}
	writeJSON(w, struct {
		Success bool   `json:"success"`
		Message string `json:"message"`
		Clients int    `json:"clients"`
	}{true, "Event sent", clients})
}

// endpoint describes a route.
type endpoint struct {
	Method      string `json:"method"`
	Description string `json:"description"`
}

// index lists the routes.
func (a api) index(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, struct {
		Name      string              `json:"name"`
		Clients   int                 `json:"clients"`
		Endpoints map[string]endpoint `json:"endpoints"`
	}{"middleware", a.clients.Len(), map[string]endpoint{
		"/sse?clientId=&ttl=": {http.MethodGet, "the client's stream of events, for ttl seconds or, without, for ever"},
		"/send/{clientId}":    {http.MethodPost, `sends {"event","data"} to one client`},
		"/broadcast":          {http.MethodPost, `sends {"event","data"} to all clients`},
	}})
}

func writeJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	_ = json.NewEncoder(w).Encode(body) // it fails only if the client is gone
}
