package cli

import (
	"flag"
	"io"
	"strings"
)

// FlagSet is a flag.FlagSet with the forms of these programs: flags and
// arguments in any order, complaints that name the flag and its like, help in
// one shape. It may be used from one goroutine at a time.
type FlagSet struct {
	*flag.FlagSet
	synopsis string // what follows the name on the usage line
	about    string // a few sentences
}

// NewFlagSet returns the flag set of a command, such as "parlor publish". Its
// usage line is the name and the synopsis; about describes the command in lines
// that fit a terminal.
func NewFlagSet(name, synopsis, about string) *FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return &FlagSet{FlagSet: fs, synopsis: synopsis, about: about}
}

// Parse sets the flags in args and returns the other arguments, of which there
// may be from least to most. A request for help prints it to w and gives
// flag.ErrHelp; anything wrong gives a UsageError. What follows "--" is never
// a flag, and "-" alone is an argument.
func (fs *FlagSet) Parse(args []string, least, most int, w io.Writer) ([]string, error) {
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
			fs.Help(w)
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
				return nil, Usagef("--%s needs a value", name)
			}
		}
		if err := f.Value.Set(value); err != nil {
			return nil, Usagef("--%s: %q will not do: %v", name, value, err)
		}
	}
	if len(rest) < least || len(rest) > most {
		return nil, Usagef("wrong number of arguments; the usage is: %s %s", fs.Name(), fs.synopsis)
	}
	return rest, nil
}

func isBool(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

func (fs *FlagSet) unknown(name string) error {
	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, "--"+f.Name) })
	return Usagef("there is no flag --%s%s", name, DidYouMean("--"+name, names))
}
