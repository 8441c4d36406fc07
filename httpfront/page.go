package httpfront

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	"github.com/valyala/fasthttp"
)

// Page answers with a page, or another file, that stays the same; body must not
// be changed afterwards. Clients keep it, and ask each time whether it is still
// the same.
//
// An HTML page may run the scripts and styles that it holds between <script> and
// <style> tags, and those that it loads from this server by <script src> and
// <link>; it may talk to this server alone, nobody may frame it, and attributes
// such as onclick and style have no effect.
func Page(contentType string, body []byte) Handler {
	sum := sha256.Sum256(body)
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
	policy := pagePolicy(body)
	return handling{answers: contentType, serve: func(_ *Server, rq *request) error {
		h := &rq.ctx.Response.Header
		h.Set(fasthttp.HeaderETag, etag)
		h.Set(fasthttp.HeaderCacheControl, cacheRevalidate)
		h.Set(headerCSP, policy)
		h.Set(headerReferrer, "no-referrer")
		if matchesETag(joined(rq.ctx.Request.Header.PeekAll(fasthttp.HeaderIfNoneMatch)), etag) {
			rq.ctx.SetStatusCode(fasthttp.StatusNotModified)
			return nil
		}
		h.SetContentType(contentType)
		rq.ctx.Response.SetBodyRaw(body)
		return nil
	}}
}

// matchesETag reports whether an If-None-Match header names the tag, or all.
func matchesETag(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}

// What pagePolicy looks for in a page. Where it is misled, a script or a style
// is not allowed that could have been, and the browser says so.
var (
	inlineScript = regexp.MustCompile(`(?is)<script(\s(?:[^>"']|"[^"]*"|'[^']*')*)?>(.*?)</script`)
	inlineStyle  = regexp.MustCompile(`(?is)<style(\s(?:[^>"']|"[^"]*"|'[^']*')*)?>(.*?)</style`)
	hasSource    = regexp.MustCompile(`(?i)\ssrc\s*=`)
	hasLink      = regexp.MustCompile(`(?i)<link\s`)
)

// pagePolicy returns the Content-Security-Policy for a page.
func pagePolicy(page []byte) string {
	// A browser hashes what it parses, in which line ends are all alike.
	page = bytes.ReplaceAll(bytes.ReplaceAll(page, []byte("\r\n"), []byte{'\n'}), []byte{'\r'}, []byte{'\n'})
	var scripts, styles []string
	sourced := false
	for _, m := range inlineScript.FindAllSubmatch(page, -1) {
		if hasSource.Match(m[1]) {
			sourced = true
			continue
		}
		scripts = append(scripts, hashSource(m[2]))
	}
	for _, m := range inlineStyle.FindAllSubmatch(page, -1) {
		styles = append(styles, hashSource(m[2]))
	}
	return "default-src 'none'" + sources("script-src", scripts, sourced) + sources("style-src", styles, hasLink.Match(page)) +
		"; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// hashSource returns the source that allows one inline text.
func hashSource(text []byte) string {
	sum := sha256.Sum256(text)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// sources returns one directive of a policy, or nothing if it allows nothing.
func sources(directive string, list []string, self bool) string {
	if self {
		list = append(list, "'self'")
	}
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("; %s %s", directive, strings.Join(list, " "))
}
