// Command client serves rooms, and a page that follows them through parlor.js.
package main

import (
	"embed"

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
func page(*serve.Node) ([]httpfront.Route, error) { return httpfront.Pages(files) }
