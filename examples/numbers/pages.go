package main

import (
	"embed"
	"io/fs"

	"github.com/parlor-sse/parlor/httpfront"
)

//go:embed page
var files embed.FS

// pageRoutes returns the routes of the pages and of what they load.
func pageRoutes() ([]httpfront.Route, error) {
	folder, err := fs.Sub(files, "page")
	if err != nil {
		return nil, err
	}
	routes, err := httpfront.Pages(folder)
	if err != nil {
		return nil, err
	}
	for i, r := range routes {
		switch r.Pattern {
		case "/":
			r.Pattern, r.About = "/index.html", "A page with one client"
			routes = append(routes, r)
		case "/test-multi-client.html":
			routes[i].About = "A page with several clients side by side"
		}
	}
	return routes, nil
}
