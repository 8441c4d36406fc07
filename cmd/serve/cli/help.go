package cli

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

// Help prints the command's help, with the flags in the order of their names.
func (fs *FlagSet) Help(w io.Writer) {
	fs.Intro(w)
	PrintFlags(w, "Flags", Docs(fs.FlagSet))
}

// Intro prints how the command is used and what it is about.
func (fs *FlagSet) Intro(w io.Writer) {
	fmt.Fprintf(w, "Usage:\n\n  %s %s\n\n%s\n", fs.Name(), fs.synopsis, fs.about)
}

// FlagDoc describes a flag.
type FlagDoc struct {
	Name    string
	Value   string // placeholder; empty for a flag that takes none
	Text    string
	Default string // empty if there is nothing to say
}

// Docs describes the flags of fs in the order of their names.
func Docs(fs *flag.FlagSet) []FlagDoc {
	var docs []FlagDoc
	fs.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		docs = append(docs, FlagDoc{f.Name, value, text, f.DefValue})
	})
	return docs
}

// helpWidth is how wide help is, in characters.
const helpWidth = 96

// PrintFlags prints the flags in one column and what they do in another, under a
// heading. Without flags it prints nothing.
func PrintFlags(w io.Writer, heading string, docs []FlagDoc) {
	if len(docs) == 0 {
		return
	}
	left := 0
	for _, d := range docs {
		left = max(left, len(d.form()))
	}
	fmt.Fprintf(w, "\n%s:\n\n", heading)
	for _, d := range docs {
		text := d.Text
		if d.Default != "" {
			text += " (default " + d.Default + ")"
		}
		form := d.form()
		for _, line := range Wrap(text, helpWidth-left-4) {
			fmt.Fprintf(w, "  %-*s  %s\n", left, form, line)
			form = ""
		}
	}
}

// form is how the flag is written.
func (d FlagDoc) form() string {
	return strings.TrimSpace("--" + d.Name + " " + d.Value)
}

// Wrap breaks text at spaces into lines of at most width bytes, unless a word
// is longer.
func Wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
