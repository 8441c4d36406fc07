package persistence_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// fuzzCodec feeds a decoder with fields that the fuzzer picks, under a checksum
// that matches, and wants each to be refused by name or to be the one encoding
// of what was read from it; of an older version, to be read as it is stored now.
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
		again := c.append(nil, v)
		if v2, err := c.decode(again); err != nil || !reflect.DeepEqual(v2, v) {
			t.Fatalf("%x was read as %+v, stored as %x and read as %+v, %v", frame, v, again, v2, err)
		}
		if older := frame[1] < again[1]; !older && !bytes.Equal(again, frame) {
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

// changeOf makes a change of bytes: each item, or removal, is an operation, the
// length of its key, and the key.
func changeOf(b []byte) *persistence.Change {
	c := &persistence.Change{}
	for len(b) >= 2 {
		op, n := b[0], min(int(b[1]%4), len(b)-2)
		key := string(b[2 : 2+n])
		b = b[2+n:]
		switch op % 8 {
		case 0:
			c.Clear = true
		case 1, 2, 3:
			c.Deletes = append(c.Deletes, key)
		default:
			c.Puts = append(c.Puts, persistence.Item{Key: key, Value: []byte{op}})
		}
	}
	return c
}

// inOrder reports whether the keys are the sorted ones of a set, none empty.
func inOrder(keys []string) bool {
	last := ""
	for _, key := range keys {
		if key <= last {
			return false
		}
		last = key
	}
	return true
}

// FuzzChange wants a change to be taken exactly if its keys are in order and no
// item is both put and removed, and to do what it says.
func FuzzChange(f *testing.F) {
	f.Add([]byte("\x04\x01a\x05\x01b\x01\x01c\x00"), []byte("\x04\x01d\x01\x01a"))
	f.Add([]byte("\x04\x01a\x01\x01a"), []byte("\x00\x00\x04\x01a"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		storage, model := persistence.NewStorage(nil), storageModel{}
		for _, b := range [][]byte{first, second} {
			c := changeOf(b)
			var puts []string
			for _, it := range c.Puts {
				puts = append(puts, it.Key)
			}
			both := slices.ContainsFunc(c.Deletes, func(key string) bool { return slices.Contains(puts, key) })
			want := inOrder(puts) && inOrder(c.Deletes) && !both
			if err := (&persistence.Turn{Change: c}).Check(); (err == nil) != want {
				t.Fatalf("%+v: %v", c, err)
			}
			if !want {
				continue
			}
			before := storage.Clone()
			storage.Apply(c)
			rng := rand.New(rand.NewPCG(uint64(len(b)), 5))
			if err := model.compare(before, rng); err != nil {
				t.Fatalf("%+v changed a clone: %v", c, err)
			}
			model.apply(c)
			if err := model.compare(storage, rng); err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
		}
	})
}
