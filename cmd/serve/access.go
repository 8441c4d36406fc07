package serve

import (
	"errors"

	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/httpfront/auth"
	"github.com/parlor-sse/parlor/httpfront/ticket"
)

// loadKeys reads the keys of tokens, and settles what goes without one.
func (a *access) loadKeys(refused map[string]bool) error {
	if !a.keyed() {
		return a.checkUnused(refused)
	}
	keys, err := a.readKeys()
	if err != nil {
		return err
	}
	a.tokens, err = auth.New(auth.Config{Keys: keys, Issuer: a.jwtIssuer, Audience: a.jwtAudience})
	if err != nil {
		return refuse("jwt-key-file", "%v", err)
	}
	if a.anonymous == "" {
		a.anonymous = anonymousNone
	}
	return nil
}

// keyed reports whether there are keys of tokens, without which clients need none.
func (a *access) keyed() bool { return len(a.jwtKeyFiles)+len(a.jwksFiles) > 0 }

// readKeys reads all key files. The error names the setting that it is about.
func (a *access) readKeys() (keys []auth.Key, err error) {
	for _, s := range []struct {
		key   string
		files []string
		read  func(path string) ([]auth.Key, error)
	}{
		{"jwt-key-file", a.jwtKeyFiles, auth.ReadKeyFile},
		{"jwks-file", a.jwksFiles, auth.ReadKeySet},
	} {
		for _, file := range s.files {
			more, err := s.read(file)
			if err != nil {
				return nil, refuse(s.key, "%v", err)
			}
			keys = append(keys, more...)
		}
	}
	return keys, nil
}

// refresh takes in keys that were replaced in their files. After an error those
// there were are in force still.
func (a *access) refresh() error {
	keys, err := a.readKeys()
	if err != nil {
		return err
	}
	return a.tokens.SetKeys(keys)
}

// checkUnused refuses what says nothing without tokens: whoever sets it believes
// that clients need one.
func (a *access) checkUnused(refused map[string]bool) error {
	if refused["jwt-key-file"] || refused["jwks-file"] {
		return nil
	}
	var bad []error
	for _, s := range []struct {
		key string
		set bool
	}{
		{"jwt-issuer", a.jwtIssuer != ""},
		{"jwt-audience", a.jwtAudience != ""},
		{"anonymous", a.anonymous != "" && a.anonymous != anonymousAll},
		{"one-stream-per-user", a.onePerUser},
	} {
		if s.set {
			bad = append(bad, refuse(s.key, "is of use only with tokens; set jwt-key-file as well"))
		}
	}
	a.anonymous = anonymousAll
	return errors.Join(bad...)
}

// apply sets what the HTTP edge has to know.
func (a *access) apply(cfg *httpfront.Config) {
	cfg.Auth, cfg.OnePerUser, cfg.TrustedProxies = a.tokens, a.onePerUser, a.trustedProxies
	cfg.Anonymous = map[string]httpfront.Anonymous{
		anonymousNone: httpfront.AnonymousNone, anonymousSubscribe: httpfront.AnonymousSubscribe, anonymousAll: httpfront.AnonymousAll,
	}[a.anonymous]
	cfg.MaxStreamsPerToken, cfg.MaxStreamsPerRoom = a.streamsPerToken, a.streamsPerRoom
	cfg.PublishRate, cfg.RoomPublishRate = float64(a.publishRate), float64(a.roomPublishRate)
}

// withTickets has the rooms keep tickets, unless the program does otherwise.
func (n *Node) withTickets(cfg *httpfront.Config) {
	if cfg.Auth != nil && cfg.Tickets == nil {
		cfg.Tickets = ticket.New(n.rooms)
	}
}
