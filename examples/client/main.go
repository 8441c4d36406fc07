// Command client serves rooms, and a page that follows them through parlor.js.
package main

import (
	"embed"
	"net/http"

	"github.com/parlor-sse/parlor/cmd/serve"
	"github.com/parlor-sse/parlor/httpfront"
)

//go:embed index.html demo.css demo.js parlor.js
var files embed.FS

func main() {
	serve.Main(serve.Program{
		Name:   "client",
		About:  "Serves rooms, and a page whose tabs share one stream.",
		Data:   "./client-data",
		Routes: page,
	})
}

// page returns the routes of the page and what it loads.
func page(*serve.Node) ([]httpfront.Route, error) {
	var routes []httpfront.Route
	for _, f := range []struct{ path, file, contentType string }{
		{"/", "index.html", "text/html; charset=utf-8"},
		{"/demo.css", "demo.css", "text/css; charset=utf-8"},
		{"/demo.js", "demo.js", "text/javascript; charset=utf-8"},
		{"/parlor.js", "parlor.js", "text/javascript; charset=utf-8"},
	} {
		body, err := files.ReadFile(f.file)
		if err != nil {
			return nil, err
		}
		routes = append(routes, httpfront.Route{
			Method: http.MethodGet, Pattern: f.path, Handler: httpfront.Page(f.contentType, body),
		})
	}
	return routes, nil
}
