package auth

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// signedHeader is the header of the tokens that Sign makes.
type signedHeader struct {
	Alg string `json:"alg"`
	Kid string `json:"kid,omitempty"`
	Typ string `json:"typ"`
}

// Sign returns a token with the payload, which has to encode as a JSON object,
// signed with the key's first algorithm; kid names the key in it unless it is
// empty. It does not judge what the payload says. A key that can't sign is
// ErrKey, a token of more than MaxToken bytes an error.
func Sign(key Key, kid string, payload any) (string, error) {
	if !key.CanSign() {
		return "", fmt.Errorf("sign a token: %w: it is not a private one", ErrKey)
	}
	body, err := json.Marshal(payload)
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	if body[0] != '{' {
		return "", fmt.Errorf("sign a token: the payload %T is not a JSON object", payload)
	}
	method := key.methods[0]
	head, err := json.Marshal(signedHeader{method.Alg(), kid, "JWT"})
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	token := encode(head) + "." + encode(body)
	signature, err := method.Sign(token, key.sign)
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	token += "." + encode(signature)
	if len(token) > MaxToken {
		return "", fmt.Errorf("sign a token: it has %d bytes, more than %d", len(token), MaxToken)
	}
	return token, nil
}
