package persistence_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

func TestItem(t *testing.T) {
	under := []byte("room\x00a\x00key")
	for _, value := range [][]byte{{}, {0}, []byte("value"), bytes.Repeat([]byte("v"), persistence.MaxValueBytes)} {
		stored := persistence.AppendItem([]byte("before"), under, value)
		if !bytes.HasPrefix(stored, []byte("before")) {
			t.Fatal("what was there is gone")
		}
		got, err := persistence.DecodeItem(stored[len("before"):], under)
		if err != nil || !bytes.Equal(got, value) {
			t.Errorf("value of %d bytes: got %d, %v", len(value), len(got), err)
		}
	}
}

func TestItemNoticesDamage(t *testing.T) {
	under := []byte("room\x00a\x00key")
	stored := persistence.AppendItem(nil, under, []byte("value"))
	check := func(what string, b, under []byte, want error) {
		t.Helper()
		if got, err := persistence.DecodeItem(b, under); !errors.Is(err, want) {
			t.Errorf("%s: %q, %v, want %v", what, got, err, want)
		}
	}
	for n := range len(stored) {
		check("cut short", stored[:n], under, persistence.ErrCorrupt)
	}
	for bit := range 8 * len(stored) {
		damaged := bytes.Clone(stored)
		damaged[bit/8] ^= 1 << (bit % 8)
		check("flipped", damaged, under, persistence.ErrCorrupt)
	}
	for bit := range 8 * len(under) {
		other := bytes.Clone(under)
		other[bit/8] ^= 1 << (bit % 8)
		check("under another key", stored, other, persistence.ErrCorrupt)
	}
	check("under no key", stored, nil, persistence.ErrCorrupt)
	// Under no key at all the checksum is that of the frame alone.
	loose := persistence.AppendItem(nil, nil, []byte("value"))
	loose[1] = 200
	check("of a newer version", reseal(loose), nil, persistence.ErrFormat)
	loose[0] = '?'
	check("of another kind", reseal(loose), nil, persistence.ErrCorrupt)
}
