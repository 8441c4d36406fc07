package main

import (
	"embed"
	"net/http"

	"github.com/parlor-sse/parlor/cmd/serve"
	"github.com/parlor-sse/parlor/httpfront"
)

//go:embed page
var files embed.FS

// page returns the routes of the page and what it loads.
func page(*serve.Node) ([]httpfront.Route, error) {
	var routes []httpfront.Route
	for _, f := range []struct{ path, file, contentType string }{
		{"/", "index.html", "text/html; charset=utf-8"},
		{"/chat.css", "chat.css", "text/css; charset=utf-8"},
		{"/chat.js", "chat.js", "text/javascript; charset=utf-8"},
		{"/messages.js", "messages.js", "text/javascript; charset=utf-8"},
		{"/outbox.js", "outbox.js", "text/javascript; charset=utf-8"},
	} {
		body, err := files.ReadFile("page/" + f.file)
		if err != nil {
			return nil, err
		}
		routes = append(routes, httpfront.Route{
			Method: http.MethodGet, Pattern: f.path, Handler: httpfront.Page(f.contentType, body),
		})
	}
	return routes, nil
}
