package auth

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
)

// Decode returns the header and the payload of a token, each a JSON object, for
// people to look at. It verifies nothing: anybody may have written them. What is
// wrong with the token's form is an *Error.
func Decode(token string) (header, payload json.RawMessage, err error) {
	p, err := split(token)
	if err != nil {
		return nil, nil, err
	}
	parser := newParser()
	head, err := p.head(parser)
	if err != nil {
		return nil, nil, err
	}
	body, err := p.payload(parser)
	if err != nil {
		return nil, nil, err
	}
	if _, err := p.signature(parser); err != nil {
		return nil, nil, err
	}
	for _, part := range []jsontext.Value{head, body} {
		if part.Kind() != '{' || !part.IsValid() {
			return nil, nil, refuse(TokenMalformed, "the token's header or payload is not a JSON object that every reader understands alike")
		}
	}
	return head, body, nil
}
