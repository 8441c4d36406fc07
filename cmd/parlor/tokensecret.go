package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

const tokenSecretAbout = `Prints a new random secret, a line that makes a file to sign and verify tokens
with. The key is the text itself, not decoded and without the line's end. Whoever
has it can make tokens.`

// secretBytes are what is random of a secret.
const secretBytes = 32

func runTokenSecret(_ context.Context, args []string, p process) error {
	flags := cli.NewFlagSet("parlor token secret", "[FLAGS]", tokenSecretAbout)
	out := flags.String("out", "", "`FILE` to make, for its owner alone to read (default: none, it is printed)")
	if _, err := flags.Parse(args, 0, 0, p.stdout); err != nil {
		return err
	}
	secret := make([]byte, secretBytes)
	rand.Read(secret) // ends the process rather than fail
	line := base64.RawURLEncoding.EncodeToString(secret) + "\n"
	if *out == "" {
		_, err := fmt.Fprint(p.stdout, line)
		return err
	}
	err := writeNew(*out, []byte(line), secretMode)
	if errors.Is(err, fs.ErrExist) {
		return cli.Usagef("out: %s is there already", *out)
	} else if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "made %s, a secret for tokens\n", printable(*out))
	return nil
}
