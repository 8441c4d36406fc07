package ticket

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
)

// TestFormIsNoPartOfTheToken wants what is stored to hold the payload in no
// form in which it stands in a token.
func TestFormIsNoPartOfTheToken(t *testing.T) {
	c := claims("ann")
	text, err := json.Marshal(formOf(c))
	if err != nil {
		t.Fatal(err)
	}
	part := base64.RawURLEncoding.EncodeToString(c.Payload)
	if strings.Contains(string(text), part[:len(part)-2]) {
		t.Errorf("the payload, %s, is in %s", part, text)
	}
	var f form
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	sameClaims(t, f.claims(), c)
}
