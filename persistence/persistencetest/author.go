package persistencetest

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/parlor-sse/parlor/persistence"
)

// author writes one room, turn after turn, and knows what it comes to.
type author struct {
	key     persistence.RoomKey
	head    persistence.Head
	history []persistence.Record // of the present order
	keys    map[uint32]persistence.KeyEntry
	storage *persistence.Storage // never changed: each turn makes another
	fence   persistence.Fence
}

func newAuthor(key persistence.RoomKey) *author {
	return &author{key: key, keys: make(map[uint32]persistence.KeyEntry)}
}

// take has the author go on where a copy, or an end, leaves the room.
func (a *author) take(w persistence.Write) {
	*a = *newAuthor(a.key)
	if w.Fence != nil {
		a.fence = *w.Fence
	}
	if c := w.Copy; c != nil {
		a.head, a.history, a.storage = c.Head, slices.Clone(c.History), c.Storage
		for _, e := range c.Keys {
			a.keys[e.Slot] = e
		}
	}
}

// message returns the turn that is the next message of that epoch.
func (a *author) message(epoch uint64) persistence.Write {
	return a.add(persistence.Turn{Records: records(a.key, epoch, a.head.Last.Seq+1, a.head.Last.Seq+1)})
}

// turn returns the next turn, of so many messages under that epoch, with a
// change that the edits make of nothing.
func (a *author) turn(epoch uint64, messages int, edits ...edit) persistence.Write {
	t := persistence.Turn{Change: &persistence.Change{}}
	for _, edit := range edits {
		edit(t.Change)
	}
	t.Records = records(a.key, epoch, a.head.Last.Seq+1, a.head.Last.Seq+uint64(messages))
	return a.add(t)
}

func (a *author) add(t persistence.Turn) persistence.Write {
	if t.Change != nil {
		a.storage = a.storage.Clone()
		a.storage.Apply(t.Change)
	}
	a.head = a.head.After(&t, a.storage)
	a.history = append(a.history, t.Records...)
	if t.Key != nil {
		a.keys[t.Key.Slot] = *t.Key
	}
	return persistence.Write{Room: a.key, Turn: &t, Head: a.head}
}

// state returns what a store of that history size is to hold of the room.
func (a *author) state(history int) persistence.State {
	st := persistence.State{
		Head: a.head, History: a.history[max(0, len(a.history)-history):], Storage: a.storage, Fence: a.fence,
	}
	for _, e := range a.keys {
		st.Keys = append(st.Keys, e)
	}
	return st
}

// edit is a part of a change.
type edit func(*persistence.Change)

func put(items ...persistence.Item) edit {
	return func(c *persistence.Change) { c.Puts = append(c.Puts, items...) }
}

func remove(keys ...string) edit {
	return func(c *persistence.Change) {
		for _, key := range keys {
			c.Deletes = append(c.Deletes, item(key, 0).Key)
		}
	}
}

func removeAll(c *persistence.Change) { c.Clear = true }

func alarmAt(at int64) edit {
	return func(c *persistence.Change) { c.Alarm = &persistence.Alarm{At: at} }
}

// item returns an item whose value tells its key and which one it is. Its key is
// never empty.
func item(key string, n int) persistence.Item {
	return persistence.Item{Key: "item" + key, Value: fmt.Appendf(nil, "value %d of %q", n, key)}
}

// storing returns the copy with turns on top that left the items, and an alarm
// at that time.
func storing(c persistence.Copy, at int64, items ...persistence.Item) persistence.Copy {
	c.Storage = persistence.NewStorage(items)
	c.Turn += 3
	c.Uneven = true
	c.Alarm = persistence.Alarm{At: at, Retry: uint32(at)}
	c.Items, c.Bytes = uint64(c.Storage.Len()), uint64(c.Storage.Bytes())
	return c
}

// differStored tells in what a stored storage is not the one wanted, or returns
// "". A room that stores nothing has none.
func differStored(got, want *persistence.Storage) string {
	if got != nil && want.Len() == 0 {
		return fmt.Sprintf("it has a storage, of %d items", got.Len())
	}
	if got.Len() != want.Len() || got.Bytes() != want.Bytes() {
		return fmt.Sprintf("it stores %d items of %d bytes, want %d of %d", got.Len(), got.Bytes(), want.Len(), want.Bytes())
	}
	var diff string
	want.Ascend("", func(it persistence.Item) bool {
		if value, ok := got.Get(it.Key); !ok || !bytes.Equal(value, it.Value) {
			diff = fmt.Sprintf("under %.40q is %.40q, %v, want %.40q", it.Key, value, ok, it.Value)
		}
		return diff == ""
	})
	return diff
}
