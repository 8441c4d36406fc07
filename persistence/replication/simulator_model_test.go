package replication_test

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// made is a turn that somebody proposed, and what the room is after it. Each has
// a token of its own, in all that it leaves behind, and a higher one than the
// turns before it: the highest token that can be seen of a room tells which turn
// was its last.
type made struct {
	token  uint32
	parent *made // the turn before it; nil for the first
	number uint64
	epoch  uint64 // under which it was proposed
	turn   persistence.Turn

	head  persistence.Head
	keys  []persistence.KeyEntry // by slot
	items []persistence.Item     // by key
}

// follow returns what the room is after one turn more.
func (m *made) follow(t persistence.Turn, token uint32, epoch uint64) *made {
	n := &made{token: token, parent: m, number: 1, epoch: epoch, turn: t}
	if m != nil {
		n.head, n.keys, n.items, n.number = m.head, m.keys, m.items, m.number+1
	}
	h := &n.head
	h.Turn = n.number
	h.Uneven = h.Uneven || len(t.Records) != 1 || t.Change != nil
	for _, r := range t.Records {
		if h.Lineage.Current() != r.Epoch {
			h.Lineage = h.Lineage.Begin(r.Epoch, r.Seq)
		}
		h.Last = r.Position
	}
	if t.Key != nil {
		n.keys = withKey(n.keys, *t.Key)
	}
	if c := t.Change; c != nil {
		if c.Alarm != nil {
			h.Alarm = *c.Alarm
		}
		n.items = withChange(n.items, c)
		h.Items, h.Bytes = uint64(len(n.items)), bytesOf(n.items)
	}
	return n
}

func withKey(keys []persistence.KeyEntry, k persistence.KeyEntry) []persistence.KeyEntry {
	keys = slices.DeleteFunc(slices.Clone(keys), func(e persistence.KeyEntry) bool { return e.Slot == k.Slot })
	keys = append(keys, k)
	slices.SortFunc(keys, func(a, b persistence.KeyEntry) int { return cmp.Compare(a.Slot, b.Slot) })
	return keys
}

func withChange(items []persistence.Item, c *persistence.Change) []persistence.Item {
	if items = slices.Clone(items); c.Clear {
		items = nil
	}
	items = slices.DeleteFunc(items, func(it persistence.Item) bool {
		return slices.Contains(c.Deletes, it.Key) ||
			slices.ContainsFunc(c.Puts, func(p persistence.Item) bool { return p.Key == it.Key })
	})
	items = append(items, c.Puts...)
	slices.SortFunc(items, func(a, b persistence.Item) int { return cmp.Compare(a.Key, b.Key) })
	return items
}

func bytesOf(items []persistence.Item) (n uint64) {
	for _, it := range items {
		n += uint64(len(it.Key) + len(it.Value))
	}
	return n
}

// differs tells in what a copy is not what the room was after the turn.
func (m *made) differs(c *persistence.Copy) error {
	want := made{}
	if m != nil {
		want = *m
	}
	if !sameHead(c.Head, want.head) {
		return fmt.Errorf("its head is %+v, not %+v", c.Head, want.head)
	}
	keys := withoutOrder(c.Keys)
	if len(keys)+len(want.keys) > 0 && !reflect.DeepEqual(keys, want.keys) {
		return fmt.Errorf("its keys are %+v, not %+v", keys, want.keys)
	}
	if items := itemsOf(c.Storage); !sameItems(items, want.items) {
		return fmt.Errorf("it stores %v, not %v", items, want.items)
	}
	return m.otherHistory(c.History)
}

// otherHistory tells which message is not the room's.
func (m *made) otherHistory(history []persistence.Record) error {
	for i := len(history); i > 0; {
		if m == nil {
			return fmt.Errorf("it has a message %v before the first", history[i-1].Position)
		}
		for j := len(m.turn.Records); i > 0 && j > 0; i, j = i-1, j-1 {
			if !reflect.DeepEqual(history[i-1], m.turn.Records[j-1]) {
				return fmt.Errorf("it has a message %v where %v was sent", history[i-1].Position, m.turn.Records[j-1].Position)
			}
		}
		m = m.parent
	}
	return nil
}

func sameHead(a, b persistence.Head) bool {
	lineages := slices.Equal(a.Lineage, b.Lineage)
	a.Lineage, b.Lineage = nil, nil
	return lineages && reflect.DeepEqual(a, b)
}

func sameItems(a, b []persistence.Item) bool {
	return slices.EqualFunc(a, b, func(x, y persistence.Item) bool { return x.Key == y.Key && slices.Equal(x.Value, y.Value) })
}

func withoutOrder(keys []persistence.KeyEntry) []persistence.KeyEntry {
	return slices.SortedFunc(slices.Values(keys), func(a, b persistence.KeyEntry) int { return cmp.Compare(a.Slot, b.Slot) })
}

func itemsOf(s *persistence.Storage) (items []persistence.Item) {
	s.Ascend("", func(it persistence.Item) bool {
		items = append(items, it)
		return true
	})
	return items
}

func tokenOf(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

// newest returns the highest token in a copy: that of its last turn.
func newest(c *persistence.Copy) uint32 {
	token := uint32(c.Alarm.At)
	if n := len(c.History); n > 0 {
		token = max(token, tokenOf(c.History[n-1].Data))
	}
	for _, k := range c.Keys {
		token = max(token, uint32(k.Time))
	}
	for _, it := range itemsOf(c.Storage) {
		token = max(token, tokenOf(it.Value))
	}
	return token
}

// tokenOfTurn returns the token of a turn.
func tokenOfTurn(t *persistence.Turn) uint32 {
	switch c := t.Change; {
	case len(t.Records) > 0:
		return tokenOf(t.Records[0].Data)
	case t.Key != nil:
		return uint32(t.Key.Time)
	case len(c.Puts) > 0:
		return tokenOf(c.Puts[0].Value)
	default:
		return uint32(c.Alarm.At)
	}
}
