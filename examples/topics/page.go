package main

import (
	"embed"
	"io/fs"

	"github.com/parlor-sse/parlor/httpfront"
)

//go:embed page
var files embed.FS

// pageRoutes returns the routes of the page and of what it loads.
func pageRoutes() ([]httpfront.Route, error) {
	folder, err := fs.Sub(files, "page")
	if err != nil {
		return nil, err
	}
	return httpfront.Pages(folder)
}
