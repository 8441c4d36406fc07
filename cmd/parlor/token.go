package main

import (
	"context"
	"strings"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

const tokenAbout = `Prints a token that is signed with the key in --key-file: a secret, a private
key in PEM, or a JSON Web Key, alone or in a set. Without rights it says who
somebody is and grants nothing. A right is for rooms by their names, or by the
beginning of their names and a *, which shells want quoted.

  parlor token secret --out tokens.key
  parlor token --key-file tokens.key --sub ann --subscribe 'news-*,lobby'
  parlor token explain --key-file tokens.key TOKEN

The other two forms make a secret and show what a token says; each has a --help.`

// runToken carries out one of the three commands on tokens.
func runToken(ctx context.Context, args []string, p process) error {
	if len(args) > 0 {
		switch args[0] {
		case "explain":
			return runTokenExplain(ctx, args[1:], p)
		case "secret":
			return runTokenSecret(ctx, args[1:], p)
		}
	}
	return runTokenMake(ctx, args, p)
}

// list is the value of a flag that takes several, with commas in between or one
// by one.
type list []string

// String implements flag.Value.
func (l *list) String() string { return strings.Join(*l, ",") }

// Set implements flag.Value.
func (l *list) Set(text string) error {
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item == "" {
			return cli.Usagef("an item of the list is empty")
		}
		*l = append(*l, item)
	}
	return nil
}
