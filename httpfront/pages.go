package httpfront

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/valyala/fasthttp"
)

// Pages returns a route for every file of a file system, an embed.FS as a rule: each
// is a Page at its path, and index.html is the one of its folder, as in / and /help/. The error names a
// file that cannot be read, or whose content type its name does not tell.
func Pages(files fs.FS) ([]Route, error) {
	var routes []Route
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		contentType, known := pageTypes[name[strings.LastIndexByte(name, '.')+1:]]
		if !known {
			return fmt.Errorf("page %s: nothing is known of files that end so", name)
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("page: %w", err)
		}
		pattern := "/" + name
		if folder, ok := strings.CutSuffix(pattern, "/index.html"); ok {
			pattern = folder + "/"
		}
		routes = append(routes, Route{Method: fasthttp.MethodGet, Pattern: pattern, Handler: Page(contentType, body)})
		return nil
	})
	return routes, err
}

// pageTypes are the content types of what pages are made of. The host's own table
// would have the same program answer differently elsewhere.
var pageTypes = map[string]string{
	"css":  typeCSS,
	"html": typeHTML,
	"ico":  "image/x-icon",
	"jpg":  "image/jpeg",
	"js":   typeJavaScript,
	"json": typeJSON,
	"png":  "image/png",
	"svg":  "image/svg+xml",
	"txt":  "text/plain; charset=utf-8",
	"webp": "image/webp",
}
