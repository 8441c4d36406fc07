package bulk

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// FuzzReceive has a node carry messages and hear whatever others may say, and
// wants its bounds to hold, and nothing to be left once all is silent.
func FuzzReceive(f *testing.F) {
	const all = 255
	f.Add([]byte{1, 0, 1, 1, 3, 0, 1, 0, 3, 0, 1, 1})                             // a message arrives
	f.Add([]byte{1, 0, 1, 1, 3, 0, 1, 1, 5, 0, 0, 9, 3, 0, 1, 0})                 // in disorder, and late
	f.Add([]byte{0, 0, 1, all, 2, 0, 1, 0, 2, 0, 1, 1, 5, 0, 0, all, 4, 0, 1, 1}) // one is fetched
	f.Add([]byte{0, 0, 1, all, 2, 0, 1, 0, 2, 0, 1, 1, 4, 0, 1, 0})               // one is given up while a part is due
	f.Add([]byte{0, 0, 1, 5, 0, 0, 1, all, 2, 0, 2, 0, 0, 0, 1, 7})               // replaced, begun, refused
	f.Add([]byte{1, 0, 1, 204, 1, 0, 2, 204, 1, 1, 3, 3, 6, 0, 1, 0})             // too large to be fetched together
	f.Fuzz(func(t *testing.T, script []byte) {
		synctest.Test(t, func(t *testing.T) {
			cfg := Config{Send: func(string, wire.Message) {}, Deliver: func(string, []byte) {}, Rate: ChunkBytes}
			b, err := Open(cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			first := b.out.last
			const longest = 4 * 200
			for script = script[:min(len(script), longest)]; len(script) >= 4; script = script[4:] {
				happen(b, first, [4]byte(script))
				b.check(t)
			}
			time.Sleep(time.Minute)
			if s := b.stats(); s != (stats{}) {
				t.Errorf("left over: %+v", s)
			}
		})
	})
}

// zeros are what all messages are made of.
const zeros = 3 * ChunkBytes

// happen does one thing to b: what op[0] says, with the node op[1], the message
// op[2], and op[3].
func happen(b *Bulk, first uint64, op [4]byte) {
	node := fmt.Sprint("n", op[1]%3)
	room := persistence.RoomKey{Kind: "room", Name: fmt.Sprint(op[2] % 8)}
	ours, theirs := first+uint64(op[2]), uint64(op[2]) // ids
	size := int(op[3]) * (zeros / 255)
	offset := uint64(op[3]) % 4 * ChunkBytes
	switch op[0] % 8 {
	case 0:
		b.Carry(node, room, make([]byte, size))
	case 1:
		m := wire.Offer{ID: theirs, Bytes: ChunkBytes + 1, Sum: xxhash.Sum64(make([]byte, ChunkBytes+1)), Room: room}
		if op[3] > 200 {
			m.Bytes = MaxBytes >> (op[3] % 4)
		}
		b.Receive(node, m)
	case 2:
		b.Receive(node, wire.Want{ID: ours, Offset: offset, N: ChunkBytes})
	case 3:
		data := make([]byte, ChunkBytes)
		if op[3]%2 == 1 {
			data = data[:1]
		}
		b.Receive(node, wire.Part{ID: theirs, Offset: offset, Data: data})
	case 4:
		b.Receive(node, wire.Drop{ID: ours, Done: op[3]%2 == 1})
	case 5:
		time.Sleep(time.Duration(op[3]) * 10 * time.Millisecond)
	case 6:
		b.Receive(node, wire.Drop{ID: theirs})
	case 7:
		b.Receive(node, wire.Want{ID: ours, Offset: uint64(op[3]), N: uint32(op[1])})
	}
	synctest.Wait()
}

// check wants b's parts to agree with each other and to keep their bounds.
func (b *Bulk) check(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := 0
	to := map[string]bool{}
	for _, o := range b.out.list {
		kept += len(o.data)
		key := o.node + "/" + o.room.Name
		if to[key] || b.out.dueOf(o) > inFlight {
			t.Errorf("message to %s: another is under way: %v; %d parts due", key, to[key], b.out.dueOf(o))
		}
		to[key] = true
	}
	if kept != b.out.bytes || kept > MaxKeptBytes || len(b.out.list) > maxKept {
		t.Errorf("%d messages of %d bytes are kept, counted as %d", len(b.out.list), kept, b.out.bytes)
	}
	for _, p := range b.out.due {
		if b.out.find(p.of.node, p.of.id) != p.of {
			t.Error("a part is due of a message that is gone")
		}
	}
	expected := 0
	for _, a := range b.in.active {
		expected += a.size
		have := 0
		for _, p := range a.parts {
			have += len(p)
		}
		if len(a.window) > inFlight || have != a.have && !a.complete() || a.have > a.next || a.next > a.size {
			t.Errorf("message %d: %d parts in flight, %d bytes of %d, asked up to %d of %d", a.id, len(a.window), have, a.have, a.next, a.size)
		}
	}
	if expected != b.in.bytes || expected > MaxBytes || len(b.in.active) > maxReceiving || len(b.in.waiting) > maxWaiting {
		t.Errorf("%d messages of %d bytes are fetched, counted as %d; %d wait", len(b.in.active), expected, b.in.bytes, len(b.in.waiting))
	}
}
