package main

import (
	"embed"
	"io/fs"

	"github.com/parlor-sse/parlor/cmd/serve"
	"github.com/parlor-sse/parlor/httpfront"
)

//go:embed page
var files embed.FS

// page returns the routes of the page and what it loads.
func page(*serve.Node) ([]httpfront.Route, error) {
	folder, err := fs.Sub(files, "page")
	if err != nil {
		return nil, err
	}
	return httpfront.Pages(folder)
}
