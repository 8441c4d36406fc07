package main

import (
	"net/http"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
)

// api answers the requests of the program's own routes.
type api struct {
	users   *users
	service Service
}

// routes returns what the program serves besides Parlor's own routes.
func routes(a *api) ([]httpfront.Route, error) {
	pages, err := pageRoutes()
	if err != nil {
		return nil, err
	}
	get, post := http.MethodGet, http.MethodPost
	return append(pages, []httpfront.Route{
		{Method: get, Pattern: "/api/sse/stream", About: "The stream of the token's user", Handler: httpfront.EventStream(a.stream)},
		{Method: post, Pattern: "/api/sse/subscribe", About: "Subscribe to topics", Handler: a.signedIn(a.subscribe)},
		{Method: post, Pattern: "/api/sse/unsubscribe", About: "Unsubscribe from topics", Handler: a.signedIn(a.unsubscribe)},
		{Method: post, Pattern: "/api/events", About: "Create an event and tell the topic events of it", Handler: a.signedIn(a.createEvent)},
		{Method: get, Pattern: "/api/health", About: "Whether the service works, and for how many", Handler: httpfront.HTTP(http.HandlerFunc(a.health))},
		{Method: post, Pattern: "/api/admin/announcement", About: "Tell everybody something", Handler: a.admins(a.announce)},
		{Method: post, Pattern: "/api/admin/notification", About: "Tell one user something", Handler: a.admins(a.notify)},
		{Method: get, Pattern: "/api/admin/stats", About: "Clients and topics, counted", Handler: a.admins(a.stats)},
	}...), nil
}

// stream opens the stream of the token's user.
func (a *api) stream(r *httpfront.Request) (actors.SubscribeRequest, error) {
	now := time.Now()
	u, err := a.users.ofStream(r.Query(), r.Header, now)
	if err != nil {
		status, msg := unauthorized(err)
		return actors.SubscribeRequest{}, httpfront.Status(status, typeJSON, failureJSON(msg))
	}
	return a.service.AddClient(u, now)
}

// action answers a request of a user's.
type action func(w http.ResponseWriter, r *http.Request, u user)

// signedIn answers requests whose token is good.
func (a *api) signedIn(do action) httpfront.Handler {
	return httpfront.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, err := a.users.ofRequest(r.URL.Query(), r.Header.Get, time.Now())
		if err != nil {
			status, msg := unauthorized(err)
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			fail(w, status, msg)
			return
		}
		do(w, r, u)
	}))
}

// admins answers requests of those who may send to everybody.
func (a *api) admins(do action) httpfront.Handler {
	return a.signedIn(func(w http.ResponseWriter, r *http.Request, u user) {
		if !u.admin {
			fail(w, http.StatusForbidden, "Admins only")
			return
		}
		do(w, r, u)
	})
}

func (a *api) subscribe(w http.ResponseWriter, r *http.Request, u user) {
	if topics, ok := topicsOf(w, r); ok {
		err := a.service.Subscribe(r.Context(), u.id, topics)
		answer(w, err, changed{true, "Subscribed to topics", topics})
	}
}

func (a *api) unsubscribe(w http.ResponseWriter, r *http.Request, u user) {
	if topics, ok := topicsOf(w, r); ok {
		err := a.service.Unsubscribe(r.Context(), u.id, topics)
		answer(w, err, changed{true, "Unsubscribed from topics", topics})
	}
}

// changed is the answer to those who subscribe and unsubscribe.
type changed struct {
	Success bool     `json:"success"`
	Msg     string   `json:"msg"`
	Topics  []string `json:"topics"` // of the request
}

// topicsOf returns the topics that a request is about. If it reports false, the
// request has been answered.
func topicsOf(w http.ResponseWriter, r *http.Request) ([]string, bool) {
	var body struct {
		Topics []string `json:"topics"`
	}
	if !read(w, r, &body, "Topics has to be an array of strings") {
		return nil, false
	}
	if complaint := checkTopics(body.Topics); complaint != "" {
		fail(w, http.StatusBadRequest, complaint)
		return nil, false
	}
	return body.Topics, true
}

// health tells balancers and people, who need no token, whether the service works.
func (a *api) health(w http.ResponseWriter, r *http.Request) {
	type sse struct {
		TotalClients int `json:"totalClients"`
		TotalTopics  int `json:"totalTopics"`
	}
	type services struct {
		SSE *sse `json:"sse"`
	}
	health := struct {
		Status   string   `json:"status"`
		Services services `json:"services"`
	}{Status: "healthy"}
	status := http.StatusOK
	if stats, err := a.service.GetStats(r.Context()); err != nil {
		health.Status, status = "unhealthy", http.StatusServiceUnavailable
	} else {
		health.Services.SSE = &sse{stats.TotalClients, stats.TotalTopics}
	}
	write(w, status, health)
}
