package serve

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

// maxConfigFile bounds a configuration file, in bytes.
const maxConfigFile = 1 << 20

// flagLayer reads the command line, the program's own flags included.
func flagLayer(p Program, table []setting, args []string, stdout io.Writer) (layer, error) {
	l := make(layer)
	fs := cli.NewFlagSet(p.name(), "[FLAGS]", p.about())
	for _, s := range table {
		add := func(value string) error {
			g := l[s.key]
			l[s.key] = given{values: keep(s, g.values, value), origin: "--" + s.key}
			return nil
		}
		if s.value == "" {
			fs.BoolFunc(s.key, s.help, add)
		} else {
			fs.Func(s.key, s.help, add)
		}
	}
	own, err := p.declare(fs)
	if err != nil {
		return nil, err
	}
	_, err = fs.Parse(args, 0, 0, io.Discard)
	if errors.Is(err, flag.ErrHelp) {
		printHelp(stdout, fs, own, table)
	}
	return l, err
}

// keep adds a value to a list; of any other setting the last value counts.
func keep(s setting, values []string, value string) []string {
	if s.list {
		return append(values, value)
	}
	return []string{value}
}

// environLayer reads the variables that begin with PARLOR_. One that is set but
// empty counts as not set, since many tools can't leave a variable out.
func environLayer(table []setting, environ []string) (layer, error) {
	l := make(layer)
	keys := make(map[string]string, len(table))
	names := make([]string, 0, len(table))
	for _, s := range table {
		keys[s.env()] = s.key
		names = append(names, s.env())
	}
	var bad []error
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, envPrefix) || foreignVariable(name, value) {
			continue
		}
		key, known := keys[name]
		switch {
		case !known:
			bad = append(bad, refuse(name, "there is no such setting%s", cli.DidYouMean(name, names)))
		case value != "":
			l[key] = given{values: []string{value}, origin: name}
		}
	}
	return l, errors.Join(bad...)
}

// Variables that look like settings and are none: they tell the commands that
// talk to a server where that is, and which file holds the token to show there.
const (
	ServerVariable = "PARLOR_SERVER"
	TokenVariable  = "PARLOR_TOKEN_FILE"
)

// foreignVariable reports whether a variable is not a setting of a node, though
// it looks like one: the client commands' own, and those that Kubernetes and
// Docker set in every container for a service named parlor or parlor-x. Of the
// latter PARLOR_PORT could be a mistake; its value tells.
func foreignVariable(name, value string) bool {
	if name == ServerVariable || name == TokenVariable || strings.HasSuffix(name, "_PORT") && strings.Contains(value, "://") {
		return true
	}
	service := regexp.MustCompile(`^PARLOR_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)
	return service.MatchString(name)
}

// fileLayer reads a configuration file.
func fileLayer(table []setting, path string) (layer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, refuse(configKey, "%v", err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxConfigFile+1))
	if err != nil {
		return nil, refuse(configKey, "%v", err)
	}
	if len(content) > maxConfigFile {
		return nil, refuse(configKey, "%s is larger than %d bytes", path, maxConfigFile)
	}
	return parseFile(table, path, string(content))
}

func parseFile(table []setting, path, content string) (layer, error) {
	l := make(layer)
	known := make(map[string]setting, len(table))
	names := make([]string, 0, len(table))
	for _, s := range table {
		known[s.key] = s
		names = append(names, s.key)
	}
	var bad []error
	number := 0
	for line := range strings.Lines(content) {
		number++
		where := fmt.Sprintf("%s:%d", path, number)
		if line = strings.TrimSpace(stripComment(line)); line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		s, isSetting := known[key]
		switch _, twice := l[key]; {
		case !ok:
			bad = append(bad, refuse(configKey, "%s: %q is not of the form key = value", where, line))
		case !isSetting:
			bad = append(bad, refuse(key, "there is no such setting%s (set by %s)", cli.DidYouMean(key, names), where))
		case key == configKey:
			bad = append(bad, refuse(key, "a file can't name another (set by %s)", where))
		case twice && !s.list:
			bad = append(bad, refuse(key, "is set twice, by %s and %s", l[key].origin, where))
		default:
			l[key] = given{values: keep(s, l[key].values, value), origin: where}
		}
	}
	return l, errors.Join(bad...)
}

// stripComment cuts a line at a # that begins it or follows a space, so that a
// value may contain one.
func stripComment(line string) string {
	for i := range len(line) {
		if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return line[:i]
		}
	}
	return line
}
