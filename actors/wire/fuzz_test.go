package wire_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/parlor-sse/parlor/actors/wire"
)

// FuzzDecode wants arbitrary bytes to be refused by name, or to be read as a
// message that travels.
func FuzzDecode(f *testing.F) {
	for _, m := range samples() {
		if b := wire.Append(nil, m); len(b) < 4000 {
			f.Add(b)
			f.Add(newer(b))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := wire.Decode(b)
		if err != nil {
			if m != nil || !errors.Is(err, wire.ErrMalformed) && !errors.Is(err, wire.ErrVersion) {
				t.Fatalf("%x: %+v, %v", b, m, err)
			}
			return
		}
		again, err := wire.Decode(wire.Append(nil, m))
		if err != nil {
			t.Fatalf("%x was read as %+v, which then is %v", b, m, err)
		}
		if !reflect.DeepEqual(plain(again), plain(m)) {
			t.Fatalf("%x was read as %+v, then as %+v", b, m, again)
		}
	})
}
