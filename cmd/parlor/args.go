package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

// flagSet is a flag.FlagSet with the forms of this program: flags and
// arguments in any order, complaints that name the flag and its like, help in
// one shape.
type flagSet struct {
	*flag.FlagSet
	synopsis string // what follows "parlor NAME" on the usage line
	about    string // a few sentences
}

func newFlagSet(name, synopsis, about string) *flagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return &flagSet{FlagSet: fs, synopsis: synopsis, about: about}
}

// parse sets the flags in args and returns the other arguments, of which there
// may be from least to most. A request for help prints it to w and gives
// flag.ErrHelp; anything wrong gives a usageError. What follows "--" is never
// a flag, and "-" alone is an argument.
func (fs *flagSet) parse(args []string, least, most int, w io.Writer) ([]string, error) {
	var rest []string
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			rest = append(rest, args...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			rest = append(rest, arg)
			continue
		}
		name, value, given := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		if name == "h" || name == "help" {
			fs.help(w)
			return nil, flag.ErrHelp
		}
		f := fs.Lookup(name)
		if f == nil {
			return nil, fs.unknown(name)
		}
		if !given {
			if isBool(f) {
				value = "true"
			} else if len(args) > 0 {
				value, args = args[0], args[1:]
			} else {
				return nil, usagef("--%s needs a value", name)
			}
		}
		if err := f.Value.Set(value); err != nil {
			return nil, usagef("--%s: %q will not do: %v", name, value, err)
		}
	}
	if len(rest) < least || len(rest) > most {
		return nil, usagef("wrong number of arguments; the usage is: parlor %s %s", fs.Name(), fs.synopsis)
	}
	return rest, nil
}

func isBool(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

func (fs *flagSet) unknown(name string) error {
	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, "--"+f.Name) })
	return usagef("there is no flag --%s%s", name, didYouMean("--"+name, names))
}

// help prints the command's help, with the flags in the order of their names.
func (fs *flagSet) help(w io.Writer) {
	fs.intro(w)
	var docs []flagDoc
	fs.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		docs = append(docs, flagDoc{f.Name, value, text, f.DefValue})
	})
	printFlags(w, docs)
}

func (fs *flagSet) intro(w io.Writer) {
	fmt.Fprintf(w, "Usage:\n\n  parlor %s %s\n\n%s\n", fs.Name(), fs.synopsis, fs.about)
}

// flagDoc describes a flag.
type flagDoc struct {
	name  string
	value string // placeholder; empty for a flag that takes none
	text  string
	def   string // default; empty if there is nothing to say
}

// helpWidth is how wide help is, in characters.
const helpWidth = 96

// printFlags prints the flags in one column and what they do in another.
func printFlags(w io.Writer, docs []flagDoc) {
	if len(docs) == 0 {
		return
	}
	left := 0
	for _, d := range docs {
		left = max(left, len(d.form()))
	}
	fmt.Fprint(w, "\nFlags:\n\n")
	for _, d := range docs {
		text := d.text
		if d.def != "" {
			text += " (default " + d.def + ")"
		}
		form := d.form()
		for _, line := range wrap(text, helpWidth-left-4) {
			fmt.Fprintf(w, "  %-*s  %s\n", left, form, line)
			form = ""
		}
	}
}

// form is how the flag is written.
func (d flagDoc) form() string {
	return strings.TrimSpace("--" + d.name + " " + d.value)
}

// wrap breaks text at spaces into lines of at most width bytes, unless a word
// is longer.
func wrap(text string, width int) []string {
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
