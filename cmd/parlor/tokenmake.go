package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/httpfront/auth"
)

// maxTokenLife bounds --ttl. Nobody can take a token back.
const maxTokenLife = 10 * 365 * day

// tokenPayload is what a token says that this program makes.
type tokenPayload struct {
	Issuer   string      `json:"iss,omitempty"`
	Subject  string      `json:"sub,omitempty"`
	Audience string      `json:"aud,omitempty"`
	Issued   int64       `json:"iat"` // seconds since 1970, as the next one
	Expires  int64       `json:"exp"`
	Grants   auth.Grants `json:"parlor"`
}

// tokenOptions are the flags of token.
type tokenOptions struct {
	keyFile string
	kid     string
	ttl     time.Duration
	payload tokenPayload
}

func runTokenMake(_ context.Context, args []string, p process) error {
	fs := cli.NewFlagSet("parlor token", "[FLAGS] | explain [FLAGS] TOKEN|- | secret [FLAGS]", tokenAbout)
	var o tokenOptions
	claims, grants := &o.payload, &o.payload.Grants
	fs.StringVar(&o.keyFile, "key-file", "", "`FILE` of the key to sign with, which no one but its owner may read (default: none, it is required)")
	fs.StringVar(&o.kid, "kid", "", "`ID` of the key for the token to name, without which servers try all (default: that of a JSON Web Key, else none)")
	fs.StringVar(&claims.Subject, "sub", "", "`USER` that the token is of (default: nobody)")
	fs.StringVar(&claims.Issuer, "iss", "", "`ISSUER` that servers may ask for (default: none)")
	fs.StringVar(&claims.Audience, "aud", "", "`AUDIENCE` that servers may ask for (default: none)")
	fs.DurationVar(&o.ttl, "ttl", time.Hour, "`DURATION` for which the token is valid")
	fs.Var((*list)(&grants.Subscribe), "subscribe", "`ROOM,...` that may be listened to (default: none)")
	fs.Var((*list)(&grants.Publish), "publish", "`ROOM,...` that may be published to (default: none)")
	fs.Var((*list)(&grants.Kinds), "kind", "`KIND,...` of these rooms, * for all kinds (default: that of rooms without a kind)")
	fs.BoolVar(&grants.Presence, "presence", false, "may see who listens to the rooms of --subscribe")
	if _, err := fs.Parse(args, 0, 0, p.stdout); err != nil {
		return err
	}
	token, err := o.sign(time.Now())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, token)
	return err
}

// sign returns the token, which a server with the same key would take.
func (o *tokenOptions) sign(now time.Time) (string, error) {
	if o.keyFile == "" {
		return "", cli.Usagef("key-file: is required; parlor token secret --out FILE makes one")
	}
	if o.ttl < time.Second || o.ttl > maxTokenLife {
		return "", cli.Usagef("ttl: must be from %s to %s", time.Second, maxTokenLife)
	}
	key, err := auth.ReadSigningKey(o.keyFile)
	if errors.Is(err, auth.ErrKey) {
		return "", cli.Usagef("key-file: %v", err)
	} else if err != nil {
		return "", err
	}
	o.payload.Issued = now.Unix()
	o.payload.Expires = now.Add(o.ttl).Unix()
	if err := o.try(key, now); err != nil {
		return "", err
	}
	return auth.Sign(key, cmp.Or(o.kid, key.ID()), o.payload)
}

// try makes a token without the key's name, and reads it as servers do.
func (o *tokenOptions) try(key auth.Key, now time.Time) error {
	token, err := auth.Sign(key, "", o.payload)
	if err != nil {
		return err
	}
	verifier, err := auth.New(auth.Config{Keys: []auth.Key{key}})
	if err != nil {
		return err
	}
	if _, err = verifier.Verify(token, now); err != nil {
		return cli.Usagef("no server would take it: %v", err)
	}
	return nil
}
