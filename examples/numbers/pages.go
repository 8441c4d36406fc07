package main

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"

	"github.com/parlor-sse/parlor/httpfront"
)

//go:embed page.html page
var files embed.FS

// page is one of the two pages: panes, of which each is a client.
type page struct {
	Title   string
	Streams []string // the id that each pane suggests
}

// pageRoutes returns the routes of the pages and of what they load.
func pageRoutes() ([]httpfront.Route, error) {
	layout, err := template.ParseFS(files, "page.html")
	if err != nil {
		return nil, err
	}
	folder, err := fs.Sub(files, "page")
	if err != nil {
		return nil, err
	}
	routes, err := httpfront.Pages(folder)
	if err != nil {
		return nil, err
	}
	single := page{"Numbers", []string{"test1"}}
	several := page{"Numbers side by side", []string{"test1", "test1", "test2", "test3"}}
	for _, p := range []struct {
		pattern, about string
		page           page
	}{
		{"/", "", single},
		{"/index.html", "A page with one client", single},
		{"/test-multi-client.html", "A page with several clients side by side", several},
	} {
		var body bytes.Buffer
		if err := layout.Execute(&body, p.page); err != nil {
			return nil, err
		}
		routes = append(routes, httpfront.Route{
			Method: http.MethodGet, Pattern: p.pattern, About: p.about,
			Handler: httpfront.Page("text/html; charset=utf-8", body.Bytes()),
		})
	}
	return routes, nil
}
