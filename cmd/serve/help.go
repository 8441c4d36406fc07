package serve

import (
	"cmp"
	"flag"
	"io"
	"strings"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

// aboutWidth is how wide the text above the flags is, in characters.
const aboutWidth = 80

// about describes the program for its help.
func (p Program) about() string {
	return fill(cmp.Or(p.About, "Runs a server.")+
		" Without any flag it listens on this machine only and keeps its data in "+cmp.Or(p.Data, defaultData)+
		". SIGTERM or SIGINT lets it end in good order, a second one at once.") +
		"\n\n" +
		fill("Each flag"+p.ofNodes()+` can also be set by the environment variable PARLOR_FLAG_NAME and by a
		line "flag-name = value" in the file that --config names. A flag goes before the
		environment, the environment before the file.`)
}

// ofNodes says which flags are meant, if a program may have others.
func (p Program) ofNodes() string {
	if p.Flags == nil {
		return ""
	}
	return " of a node"
}

func fill(text string) string { return strings.Join(cli.Wrap(text, aboutWidth), "\n") }

// printHelp prints first what the program has of its own, and then the settings
// in the order of the table, which goes from what everybody needs to what few do.
func printHelp(w io.Writer, fs *cli.FlagSet, own *flag.FlagSet, table []setting) {
	docs := make([]cli.FlagDoc, 0, len(table))
	for _, s := range table {
		docs = append(docs, cli.FlagDoc{Name: s.key, Value: s.value, Text: s.help, Default: s.def})
	}
	heading := "Flags"
	ownDocs := cli.Docs(own)
	if len(ownDocs) > 0 {
		heading = "Flags of every node"
	}
	fs.Intro(w)
	cli.PrintFlags(w, "Flags of "+fs.Name(), ownDocs)
	cli.PrintFlags(w, heading, docs)
}
