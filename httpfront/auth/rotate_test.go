package auth_test

import (
	"bytes"
	"testing"

	"github.com/parlor-sse/parlor/httpfront/auth"
)

// TestSetKeys rotates keys: what the old one signed is good for as long as it is
// there, and keys that make no sense change nothing.
func TestSetKeys(t *testing.T) {
	secret := func(id string, c byte) auth.Key {
		key, err := auth.Secret(id, bytes.Repeat([]byte{c}, 32))
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	before, after := secret("before", 'b'), secret("after", 'a')
	v := verifier(t, auth.Config{Keys: []auth.Key{before}})
	payload := map[string]any{"exp": at.Unix() + 60}
	old, fresh := sign(t, before, "before", payload), sign(t, after, "after", payload)
	for _, step := range []struct {
		keys       []auth.Key
		old, fresh string
	}{
		{[]auth.Key{before}, "", auth.TokenKeyUnknown},
		{[]auth.Key{before, after}, "", ""},
		{[]auth.Key{after}, auth.TokenKeyUnknown, ""},
	} {
		if err := v.SetKeys(step.keys); err != nil {
			t.Fatal(err)
		}
		for _, none := range [][]auth.Key{nil, {{}}} {
			if err := v.SetKeys(none); err == nil {
				t.Error("no keys are taken")
			}
		}
		_, oldErr := v.Verify(old, at)
		_, freshErr := v.Verify(fresh, at)
		if reason(oldErr) != step.old || reason(freshErr) != step.fresh {
			t.Errorf("with %v: %v, %v", step.keys, oldErr, freshErr)
		}
	}
}
