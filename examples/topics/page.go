package main

import (
	"embed"
	"net/http"

	"github.com/parlor-sse/parlor/httpfront"
)

//go:embed page
var files embed.FS

// pageRoutes returns the routes of the page and of what it loads.
func pageRoutes() ([]httpfront.Route, error) {
	var routes []httpfront.Route
	for _, f := range []struct{ path, file, contentType string }{
		{"/", "index.html", "text/html; charset=utf-8"},
		{"/style.css", "style.css", "text/css; charset=utf-8"},
		{"/sse-client.js", "sse-client.js", "text/javascript; charset=utf-8"},
		{"/app.js", "app.js", "text/javascript; charset=utf-8"},
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
