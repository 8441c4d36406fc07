package cli

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	fs := NewFlagSet("x", "", "")
	text := fs.String("text", "", "")
	on := fs.Bool("on", false, "")
	rest, err := fs.Parse([]string{"a", "-text", "-1", "b", "--on", "-", "--text=x=y", "--", "--on"}, 0, 9, nil)
	if err != nil || strings.Join(rest, " ") != "a b - --on" || *text != "x=y" || !*on {
		t.Errorf("rest %q, text %q, on %v, error %v", rest, *text, *on, err)
	}
	if _, err := fs.Parse([]string{"--on=false"}, 0, 9, nil); err != nil || *on {
		t.Errorf("on %v, error %v", *on, err)
	}
	if _, err := fs.Parse([]string{"--on=perhaps"}, 0, 9, nil); err == nil {
		t.Error("a switch takes any value")
	}
}
