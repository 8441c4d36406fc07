package httpfront

import (
	_ "embed"

	"github.com/valyala/fasthttp"
)

// The console's files. They are embedded one by one, so that no path of a
// request ever becomes a path of a file.
var (
	//go:embed console/index.html
	consoleHTML string
	//go:embed console/console.css
	consoleCSS string
	//go:embed console/console.js
	consoleJS string
)

// consolePolicy lets the console load its own two files and talk to its own
// origin, and nothing else; nobody may frame it.
const consolePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (s *Server) consolePage(rq *request) { rq.answerFile(typeHTML, consoleHTML) }

func (s *Server) consoleCSS(rq *request) error {
	rq.answerFile(typeCSS, consoleCSS)
	return nil
}

func (s *Server) consoleJS(rq *request) error {
	rq.answerFile(typeJavaScript, consoleJS)
	return nil
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
