package cli

import "testing"

func TestDidYouMean(t *testing.T) {
	names := []string{"listen", "log-level", "log-format", "host", "idle"}
	for name, want := range map[string]string{
		"lisen": "listen", "liste": "listen", "lsiten": "listen", "log_level": "log-level",
		"hots": "host", "queue": "", "": "", "zzzz": "",
	} {
		got := DidYouMean(name, names)
		if want == "" && got != "" || want != "" && got != " (did you mean "+want+"?)" {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
