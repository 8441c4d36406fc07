package control

import (
	"bytes"
	"testing"
)

func FuzzFrame(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, '{', '}'})
	f.Add([]byte{255, 255, 255, 255})
	f.Add([]byte{0, 0, 0, 30, '{', '"', 't', 'y', 'p', 'e', '"', ':', '"', 'x', '"', '}'})
	f.Fuzz(func(t *testing.T, b []byte) {
		var q request
		if readFrame(bytes.NewReader(b), &q) != nil {
			return
		}
		var out bytes.Buffer
		if err := writeFrame(&out, q); err != nil {
			return // escaping may make it longer than it was
		}
		var again request
		if err := readFrame(&out, &again); err != nil || again.Type != q.Type || again.From != q.From {
			t.Fatalf("%+v became %+v, %v", q, again, err)
		}
	})
}
