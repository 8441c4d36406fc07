package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/cmd/serve"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

const certAbout = `Makes the files by which the nodes of a cluster know each other, all in one
directory: an authority (ca.pem, ca-key.pem), a certificate and a key for each
NODE (NODE.pem, NODE-key.pem), and the key that encrypts gossip (gossip.key). An
authority and a gossip key that are there already are used again, so that nodes
can be added later.

Every node gets ca.pem, gossip.key and its own two files. Whoever has ca-key.pem
can make nodes: keep it off all of them. A running node takes a new certificate
up by itself.`

const (
	day = 24 * time.Hour
	// maxCertDays is also how long an authority lasts, in days.
	maxCertDays = 3650
	// maxCertNodes bounds one run.
	maxCertNodes = 1000
)

// certOptions are the flags of cert.
type certOptions struct {
	out   string
	days  int
	force bool
	nodes []string
}

func runCert(_ context.Context, args []string, p process) error {
	fs := cli.NewFlagSet("parlor cert", "[FLAGS] NODE...", certAbout)
	var o certOptions
	fs.StringVar(&o.out, "out", "parlor-certs", "`DIR` for the files, made if need be")
	fs.IntVar(&o.days, "days", 365, "`N` days for which the nodes' certificates are valid, 1 to 3650; no longer than the authority, which lasts for 3650")
	fs.BoolVar(&o.force, "force", false, "replace certificates and keys of these nodes that are there already")
	var err error
	if o.nodes, err = fs.Parse(args, 1, maxCertNodes, p.stdout); err != nil {
		return err
	}
	if o.out == "" {
		return cli.Usagef("out: must not be empty")
	}
	if o.days < 1 || o.days > maxCertDays {
		return cli.Usagef("days: %d is not a whole number from 1 to %d", o.days, maxCertDays)
	}
	if err := checkCertNodes(o.nodes); err != nil {
		return err
	}
	w := &certWriter{dir: o.out, now: time.Now(), out: p.stdout}
	if err := w.write(o); err != nil {
		return err
	}
	printAdvice(p.stdout, o)
	return nil
}

// checkCertNodes refuses names that no node may have, or whose files would have
// the names of others.
func checkCertNodes(nodes []string) error {
	seen := make(map[string]bool)
	for _, n := range nodes {
		if err := serve.CheckNode(n); err != nil {
			return cli.Usagef("NODE: %v", err)
		}
		// In one case, since some file systems know no other difference.
		folded := strings.ToLower(n)
		if folded == "ca" || strings.HasSuffix(folded, "-key") {
			return cli.Usagef("NODE: the files of %q would have the names of others; call it something else", n)
		}
		if seen[folded] {
			return cli.Usagef("NODE: %q is named twice", n)
		}
		seen[folded] = true
	}
	return nil
}

// printAdvice says what to do with the files.
func printAdvice(w io.Writer, o certOptions) {
	node := o.nodes[0]
	in := func(name string) string { return shellWord(filepath.Join(o.out, name)) }
	fmt.Fprintf(w, "\nEvery node gets ca.pem, gossip.key and its own two files, none gets ca-key.pem.\n"+
		"The first, with its own HOST and with those of the others after --join:\n\n"+
		"  parlor serve --node %s --cluster HOST:7946 --join HOST:7946,... --expect %d \\\n"+
		"    --cluster-cert %s --cluster-key %s \\\n    --cluster-ca %s --gossip-key-file %s\n",
		node, len(o.nodes), in(node+".pem"), in(node+"-key.pem"), in("ca.pem"), in("gossip.key"))
}

// shellWord quotes what a shell would not take as one word.
func shellWord(text string) string {
	plain := func(r rune) bool {
		return r == '/' || serve.CheckNode(string(r)) == nil
	}
	if strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
