package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/httpfront/auth"
)

const tokenExplainAbout = `Prints what TOKEN says and what it grants. If it is -, it is read from standard
input, which keeps it from the list of processes. With keys it is verified as a
server would, by the clock of this machine, and the exit code is 1 if that
refuses it. Its signature is never printed, so that what is cannot be used.`

// maxTokenInput bounds what is read from standard input, in bytes: a token and
// some space around it.
const maxTokenInput = auth.MaxToken + 1<<10

// explainOptions are the flags of token explain.
type explainOptions struct {
	keyFiles list
	verify   auth.Config
}

func runTokenExplain(_ context.Context, args []string, p process) error {
	fs := cli.NewFlagSet("parlor token explain", "[FLAGS] TOKEN|-", tokenExplainAbout)
	var o explainOptions
	fs.Var(&o.keyFiles, "key-file", "`FILE,...` of keys to verify with (default: none, it is not verified)")
	fs.StringVar(&o.verify.Issuer, "iss", "", "`ISSUER` that it has to be from (default: any)")
	fs.StringVar(&o.verify.Audience, "aud", "", "`AUDIENCE` that it has to be for (default: any)")
	fs.DurationVar(&o.verify.Leeway, "leeway", auth.DefaultLeeway, "`DURATION` that clocks may be apart")
	rest, err := fs.Parse(args, 1, 1, p.stdout)
	if err != nil {
		return err
	}
	verifier, err := o.verifier()
	if err != nil {
		return err
	}
	token, err := readToken(rest[0], p.stdin)
	if err != nil {
		return err
	}
	return explain(p.stdout, token, verifier, time.Now())
}

// verifier returns what the flags ask for, nil without keys.
func (o *explainOptions) verifier() (*auth.Verifier, error) {
	if len(o.keyFiles) == 0 {
		if o.verify.Issuer != "" || o.verify.Audience != "" {
			return nil, cli.Usagef("key-file: is required to check issuer and audience")
		}
		return nil, nil
	}
	if o.verify.Leeway < 0 || o.verify.Leeway > auth.MaxLeeway {
		return nil, cli.Usagef("leeway: must be from 0s to %s", auth.MaxLeeway)
	}
	if o.verify.Leeway == 0 {
		o.verify.Leeway = -1 // zero would stand for the default
	}
	for _, file := range o.keyFiles {
		keys, err := auth.ReadKeyFile(file)
		if errors.Is(err, auth.ErrKey) {
			return nil, cli.Usagef("key-file: %v", err)
		} else if err != nil {
			return nil, err
		}
		o.verify.Keys = append(o.verify.Keys, keys...)
	}
	v, err := auth.New(o.verify)
	if err != nil {
		return nil, cli.Usagef("key-file: %v", err)
	}
	return v, nil
}

// readToken returns the token that an argument stands for.
func readToken(arg string, stdin io.Reader) (string, error) {
	if arg != "-" {
		return arg, nil
	}
	text, err := io.ReadAll(io.LimitReader(stdin, maxTokenInput+1))
	if err != nil {
		return "", fmt.Errorf("standard input: %w", err)
	}
	if len(text) > maxTokenInput {
		return "", fmt.Errorf("standard input: longer than any token")
	}
	return strings.TrimSpace(string(text)), nil
}

// explain prints what a token says, and whether the verifier, unless it is nil,
// takes it. It returns why not.
func explain(w io.Writer, token string, v *auth.Verifier, now time.Time) error {
	header, payload, err := auth.Decode(token)
	if err != nil {
		return err
	}
	tell := func(what, text string) { fmt.Fprintf(w, "%-15s%s\n", what, printable(text)) }
	tell("header", jsonLine(header))
	tell("payload", jsonLine(payload))
	var says saying
	if err := json.Unmarshal(payload, &says); err != nil {
		tell("claims", "some are not of the type that they should be")
	} else {
		says.tell(tell, now)
	}
	if v == nil {
		tell("verified", "no, there is no --key-file")
		return nil
	}
	if _, err := v.Verify(token, now); err != nil {
		tell("verified", "no")
		return fmt.Errorf("the token is refused: %w", err)
	}
	tell("verified", "yes")
	return nil
}
