package persistence_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// fuzzCodec feeds a decoder with fields that the fuzzer picks, under a checksum
// that matches, and wants each to be refused by name or to be the one encoding
// of what was read from it.
func fuzzCodec(f *testing.F, c codec) {
	for _, v := range c.values {
		if b := c.append(nil, v); len(b) < 1000 {
			f.Add(b[:len(b)-4])
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		frame := reseal(append(bytes.Clone(body), 0, 0, 0, 0))
		v, err := c.decode(frame)
		if err != nil {
			if !errors.Is(err, persistence.ErrCorrupt) && !errors.Is(err, persistence.ErrFormat) {
				t.Fatalf("%x: %v", frame, err)
			}
			return
		}
		if again := c.append(nil, v); !bytes.Equal(again, frame) {
			t.Fatalf("%x was read as %+v, which is stored as %x", frame, v, again)
		}
		// The fields alone have no checksum, or a wrong one.
		if _, err := c.decode(body); err == nil {
			t.Fatalf("%x was taken without its checksum", body)
		}
	})
}

func FuzzRecord(f *testing.F)   { fuzzCodec(f, codecs()[0]) }
func FuzzMeta(f *testing.F)     { fuzzCodec(f, codecs()[1]) }
func FuzzKeyEntry(f *testing.F) { fuzzCodec(f, codecs()[2]) }
func FuzzLife(f *testing.F)     { fuzzCodec(f, codecs()[3]) }
func FuzzFence(f *testing.F)    { fuzzCodec(f, codecs()[4]) }

func FuzzParsePosition(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) {
		p, err := persistence.ParsePosition(text)
		if err != nil {
			if !errors.Is(err, persistence.ErrMalformedPosition) || p != (persistence.Position{}) {
				t.Fatalf("%q: %v, %v", text, p, err)
			}
			return
		}
		if again := p.String(); again != text {
			t.Fatalf("%q was read as %+v, whose text is %q", text, p, again)
		}
	})
}
