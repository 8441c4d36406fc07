package serve

import (
	"net/netip"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// Who may do what without a token.
const (
	anonymousNone      = "none"
	anonymousSubscribe = "subscribe"
	anonymousAll       = "all"
)

// access is who may do what, and how much of it.
type access struct {
	jwtKeyFiles []string // of keys that sign tokens
	jwksFiles   []string // likewise, of JWK sets alone; without either there are no tokens
	jwtIssuer   string   // of tokens; empty for any
	jwtAudience string   // of tokens; empty for any
	anonymous   string   // what goes without a token; empty for what follows from jwtKeyFiles
	onePerUser  bool     // a user's newest stream ends the others

	trustedProxies []netip.Prefix // whose word on a client's address is taken

	streamsPerToken int // 1 or more
	streamsPerRoom  int // 0 for no bound
	publishRate     int // publishes a second of a token or an address; 0 for no bound
	roomPublishRate int // publishes a second to a room; 0 for no bound

	tokens *auth.Verifier // of the keys; nil without any
}

// accessSettings are about tokens, users and limits.
func accessSettings() []setting {
	return []setting{
		{"jwt-key-file", "FILES", "", "keys that sign tokens, comma-separated or repeated: a secret of 32 bytes or more, a public key or certificate in PEM, or a JWK set; with them clients need tokens, see parlor token (default: none, everybody may do everything)", true,
			list(func(c *config) *[]string { return &c.access.jwtKeyFiles }, notEmpty)},
		{"jwks-file", "FILES", "", "likewise, for JWK sets alone (default: none)", true,
			list(func(c *config) *[]string { return &c.access.jwksFiles }, notEmpty)},
		{"jwt-issuer", "TEXT", "", "iss that tokens must have (default: any)", false,
			text(func(c *config) *string { return &c.access.jwtIssuer })},
		{"jwt-audience", "TEXT", "", "aud that tokens must have (default: any)", false,
			text(func(c *config) *string { return &c.access.jwtAudience })},
		{"anonymous", "WHAT", "", "what may be done without a token: none, subscribe or all (default: none with jwt-key-file or jwks-file, else all)", false,
			oneOf(func(c *config) *string { return &c.access.anonymous }, anonymousNone, anonymousSubscribe, anonymousAll)},
		{"one-stream-per-user", "", "false", "a user's new stream ends the older ones, wherever in the cluster; the user is a token's sub", false,
			truth(func(c *config) *bool { return &c.access.onePerUser })},
		{"trusted-proxy", "CIDRS", "", "proxies, comma-separated or repeated, whose X-Forwarded-For tells the client's address (default: none)", true,
			proxies},
		{"streams-per-token", "N", "100", "open streams of one token on this node", false,
			number(func(c *config) *int { return &c.access.streamsPerToken }, 1, 1<<30)},
		{"streams-per-room", "N", "0", "open streams of one room on this node; 0 for no bound", false,
			number(func(c *config) *int { return &c.access.streamsPerRoom }, 0, 1<<30)},
		{"publish-rate", "N", "0", "publishes a second with one token, or from one address without, on this node; 0 for no bound", false,
			number(func(c *config) *int { return &c.access.publishRate }, 0, 1<<30)},
		{"room-publish-rate", "N", "0", "publishes a second to one room through this node; 0 for no bound", false,
			number(func(c *config) *int { return &c.access.roomPublishRate }, 0, 1<<30)},
	}
}

func notEmpty(string) error { return nil } // lists have no empty parts

// proxies reads networks, or single addresses.
func proxies(c *config, value string) error {
	var texts []string
	read := list(func(*config) *[]string { return &texts }, func(text string) error {
		prefix, err := netip.ParsePrefix(text)
		if ip, ipErr := netip.ParseAddr(text); ipErr == nil {
			prefix, err = ip.Prefix(ip.BitLen())
		}
		if err != nil {
			return complain("%q is neither a network such as 10.0.0.0/8 nor an address", text)
		}
		c.access.trustedProxies = append(c.access.trustedProxies, prefix.Masked())
		return nil
	})
	return read(c, value)
}
