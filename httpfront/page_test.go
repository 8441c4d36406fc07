package httpfront

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
)

func TestPagePolicy(t *testing.T) {
	const rest = "; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	for _, tc := range []struct{ name, page, want string }{
		{"text", "hello", ""},
		{"script", "<script>\nlet a = 1 < 2;\n</script>", "; script-src " + hash("\nlet a = 1 < 2;\n")},
		{"line ends", "<script>a\r\nb\rc</script>", "; script-src " + hash("a\nb\nc")},
		{"upper case", "<SCRIPT TYPE=module>a</Script >", "; script-src " + hash("a")},
		{"attributes", `<script data-x="a>b" nonce='>' defer>a</script>`, "; script-src " + hash("a")},
		{"two", "<script>a</script><p><script>b</script>", "; script-src " + hash("a") + " " + hash("b")},
		{"sourced", `<script src="/a.js"></script><script>b</script>`, "; script-src " + hash("b") + " 'self'"},
		{"data-src is no source", `<script data-src="/a.js">b</script>`, "; script-src " + hash("b")},
		{"style", "<style media=print>p{}</style>", "; style-src " + hash("p{}")},
		{"style in a script", `<script>"<style>"</script>`, "; script-src " + hash(`"<style>"`)},
		{"empty", "<script></script>", "; script-src " + hash("")},
		{"link", `<link rel="stylesheet" href="/a.css"><style>p{}</style>`, "; style-src " + hash("p{}") + " 'self'"},
		{"other tags", "<scripts>a</scripts><stylesheet>b</stylesheet>", ""},
		{"open end", "<script>a", ""},
	} {
		if got, want := pagePolicy([]byte(tc.page)), "default-src 'none'"+tc.want+rest; got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", tc.name, got, want)
		}
	}
}

func TestMatchesETag(t *testing.T) {
	const etag = `"abc"`
	for header, want := range map[string]bool{
		"": false, `"abc"`: true, `W/"abc"`: true, `"x", W/"y" ,"abc"`: true, "*": true, `"x"`: false, "abc": false, `"abcd"`: false, `w/"abc"`: false,
	} {
		if got := matchesETag(header, etag); got != want {
			t.Errorf("%s: %v", header, got)
		}
	}
}

// TestConsolePolicyIsStricter checks that pages of programs get what the console
// allows, and nothing else but their own inline parts.
func TestConsolePolicyIsStricter(t *testing.T) {
	own := strings.Split(pagePolicy([]byte(`<script src="a"></script><link rel="stylesheet">`)), "; ")
	for _, directive := range own {
		if !strings.Contains(consolePolicy, directive) {
			t.Errorf("%q is not in the console's", directive)
		}
	}
}
