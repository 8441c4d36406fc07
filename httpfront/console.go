package httpfront

import (
	"embed"

	"github.com/valyala/fasthttp"
)

//go:embed console/index.html console/*.css console/*.js
var consoleFS embed.FS

// consolePage is what browsers get at /.
var consolePage = consoleFile("index.html")

// consoleFiles are the files that the page loads, from below /console/. Each has
// a route of its own, so that no path of a request ever becomes a path of a file.
var consoleFiles = []struct{ name, contentType string }{
	{"access.js", typeJavaScript},
	{"console.css", typeCSS},
	{"console.js", typeJavaScript},
	{"frames.js", typeJavaScript},
	{"page.js", typeJavaScript},
	{"panels.js", typeJavaScript},
	{"publish.js", typeJavaScript},
	{"rows.js", typeJavaScript},
	{"server.js", typeJavaScript},
	{"stream.js", typeJavaScript},
	{"texts.js", typeJavaScript},
	{"token.js", typeJavaScript},
}

// consolePolicy lets the console load its own files and talk to its own origin,
// and nothing else; nobody may frame it.
const consolePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func consoleRoutes() []route {
	routes := make([]route, 0, len(consoleFiles))
	for _, f := range consoleFiles {
		body := consoleFile(f.name)
		handle := func(rq *request) error {
			rq.answerFile(f.contentType, body)
			return nil
		}
		routes = append(routes, route{
			method: fasthttp.MethodGet, pattern: "/console/" + f.name, handle: handle, answers: f.contentType, public: true,
		})
	}
	return routes
}

// consoleFile returns a file that is known to be embedded.
func consoleFile(name string) string {
	body, err := consoleFS.ReadFile("console/" + name)
	if err != nil {
		panic(err)
	}
	return string(body)
}

// answerFile answers with one of the console's files.
func (rq *request) answerFile(contentType, body string) {
	h := &rq.ctx.Response.Header
	h.SetContentType(contentType)
	h.Set(fasthttp.HeaderCacheControl, cacheRevalidate)
	h.Set(headerCSP, consolePolicy)
	h.Set(headerReferrer, "no-referrer")
	rq.ctx.Response.SetBodyString(body)
}
