//go:build !race

package wire_test

import (
	"testing"

	"github.com/parlor-sse/parlor/actors/wire"
)

func TestAppendAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, 4096)
	for _, m := range hot() {
		if n := testing.AllocsPerRun(100, func() { wire.Append(dst, m) }); n != 0 {
			t.Errorf("%s: %v allocations", name(m), n)
		}
	}
	publish := hot()[3].(wire.Publish)
	if n := testing.AllocsPerRun(100, func() {
		publish.Retry[0]++
		wire.Append(dst, publish)
	}); n != 0 {
		t.Errorf("a message made for the call: %v allocations", n)
	}
}

// TestDecodeAllocatesLittle wants no more than the message itself, what it
// holds, the room's name, its list of turns, and theirs of records.
func TestDecodeAllocatesLittle(t *testing.T) {
	for _, m := range hot() {
		b := wire.Append(nil, m)
		if n := testing.AllocsPerRun(100, func() { _, _ = wire.Decode(b) }); n > 5 {
			t.Errorf("%s: %v allocations", name(m), n)
		}
	}
}
