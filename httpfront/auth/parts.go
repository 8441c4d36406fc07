package auth

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"
)

// MaxToken bounds a token, in bytes. A longer one is refused unread.
const MaxToken = 8 << 10

// parts are the three of a token: header, payload and signature, in base64.
type parts struct {
	token               string
	payloadAt, signedTo int // where the payload begins, and where the dot after it is
}

// split finds the parts of a token without reading them. It takes no bytes but
// those of base64 and exactly two dots: Go's base64 skips line ends, by which one
// token would have many spellings.
func split(token string) (parts, error) {
	if len(token) > MaxToken {
		return parts{}, refuse(TokenTooLong, "the token is longer than 8 KiB")
	}
	dots, p := 0, parts{token: token}
	for i := range len(token) {
		switch c := token[i]; {
		case c == '.':
			dots++
			if dots == 1 {
				p.payloadAt = i + 1
			}
			p.signedTo = i
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return parts{}, refuse(TokenMalformed, "the token has a character that no token has")
		}
	}
	if dots != 2 {
		return parts{}, refuse(TokenMalformed, "the token does not have three parts")
	}
	return p, nil
}

// signed returns what the signature is of.
func (p parts) signed() string { return p.token[:p.signedTo] }

// newParser returns what reads the parts: base64 without padding, and without
// bits that make no difference, so that a part has one spelling.
func newParser() *jwt.Parser { return jwt.NewParser(jwt.WithStrictDecoding()) }

func (p parts) head(parser *jwt.Parser) ([]byte, error) {
	return decode(parser, strings.TrimSuffix(p.token[:p.payloadAt], "."), "header")
}

func (p parts) payload(parser *jwt.Parser) ([]byte, error) {
	return decode(parser, p.token[p.payloadAt:p.signedTo], "payload")
}

func (p parts) signature(parser *jwt.Parser) ([]byte, error) {
	return decode(parser, p.token[p.signedTo+1:], "signature")
}

func decode(parser *jwt.Parser, part, name string) ([]byte, error) {
	b, err := parser.DecodeSegment(part)
	if err != nil {
		return nil, refuse(TokenMalformed, "the token's "+name+" is not base64url")
	}
	return b, nil
}

// header is what a token says of how it is signed.
type header struct {
	Alg string  `json:"alg"`
	Kid *string `json:"kid"`

	// A token with one of these is refused, whatever their values. The first
	// four would have its key be the one that it brings, the last ones change how
	// the rest is read.
	JKU  jsontext.Value `json:"jku"`
	JWK  jsontext.Value `json:"jwk"`
	X5U  jsontext.Value `json:"x5u"`
	X5C  jsontext.Value `json:"x5c"`
	Crit jsontext.Value `json:"crit"`
	B64  jsontext.Value `json:"b64"`
	Zip  jsontext.Value `json:"zip"`
	Enc  jsontext.Value `json:"enc"`
}

// header reads the header, and refuses one that asks for what is not done here.
func (p parts) header(parser *jwt.Parser) (header, error) {
	var h header
	b, err := p.head(parser)
	if err != nil {
		return h, err
	}
	// This reader, unlike the standard one, takes no key twice and none in
	// another case, so that no two readers can differ on what is meant.
	if err := json.Unmarshal(b, &h); err != nil || jsontext.Value(b).Kind() != '{' {
		return h, refuse(TokenMalformed, "the token's header is not a JSON object that makes sense")
	}
	switch {
	case h.JKU != nil || h.JWK != nil || h.X5U != nil || h.X5C != nil:
		return h, refuse(TokenKeyUnknown, "the token brings its own key or says where to fetch it")
	case h.Crit != nil || h.B64 != nil || h.Zip != nil || h.Enc != nil:
		return h, refuse(TokenMalformed, "the token's header asks for an extension that is not supported")
	}
	return h, nil
}
