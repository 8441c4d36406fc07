package persistencetest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// testInvalidWrite has a batch refused for one of its writes and finds that
// none of it was written.
func testInvalidWrite(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	good := write(room("good"), epoch7, 1)
	for name, spoil := range map[string]func(*persistence.Write){
		"no name":         func(w *persistence.Write) { w.Room.Name = "" },
		"no kind":         func(w *persistence.Write) { w.Room.Kind = "" },
		"NUL in the name": func(w *persistence.Write) { w.Room.Name = "a\x00b" },
		"NUL in the kind": func(w *persistence.Write) { w.Room.Kind = "a\x00b" },
		"long name":       func(w *persistence.Write) { w.Room.Name = strings.Repeat("n", persistence.MaxNameBytes+1) },
		"long event":      func(w *persistence.Write) { w.Turn.Records[0].Event = strings.Repeat("e", persistence.MaxEventBytes+1) },
		"large data":      func(w *persistence.Write) { w.Turn.Records[0].Data = make([]byte, persistence.MaxDataBytes+1) },
		"no seq":          func(w *persistence.Write) { w.Turn.Records[0].Seq = 0 },
		"no lineage":      func(w *persistence.Write) { w.Head.Lineage = nil },
		"another epoch":   func(w *persistence.Write) { w.Turn.Records[0].Epoch = 8 },
		"unsorted lineage": func(w *persistence.Write) {
			w.Head.Lineage = persistence.Lineage{{Epoch: 7, First: 1}, {Epoch: 6, First: 2}}
		},
		"no head":               func(w *persistence.Write) { w.Head = persistence.Head{} },
		"the turn before":       func(w *persistence.Write) { w.Head.Turn-- },
		"the message after":     func(w *persistence.Write) { w.Head.Last.Seq++; w.Head.Turn++ },
		"more turns than told":  func(w *persistence.Write) { w.Head.Turn++ },
		"no message as one":     func(w *persistence.Write) { w.Turn.Records = nil },
		"a change as a message": func(w *persistence.Write) { w.Turn.Change = &persistence.Change{} },
		"an item told as none":  func(w *persistence.Write) { w.Head.Items, w.Head.Bytes = 1, 5 },
		"an alarm told as none": func(w *persistence.Write) { w.Head.Alarm.At = 5 },
		"a key of a later turn": func(w *persistence.Write) { w.Turn.Key = &persistence.KeyEntry{Turn: 2} },
		"a key of no turn":      func(w *persistence.Write) { w.Turn.Key = &persistence.KeyEntry{At: w.Head.Last} },
		"a key of a later place": func(w *persistence.Write) {
			w.Turn.Key = &persistence.KeyEntry{Turn: 1, At: persistence.Position{Epoch: 7, Seq: 2}}
		},
		"a key of a long answer": func(w *persistence.Write) {
			w.Turn.Key = &persistence.KeyEntry{Turn: 1, Answer: make([]byte, persistence.MaxAnswerBytes+1)}
		},
	} {
		bad := write(room("bad"), epoch7, 1)
		spoil(&bad)
		if err := s.Commit([]persistence.Write{good, bad}); !errors.Is(err, persistence.ErrInvalid) {
			t.Errorf("%s: commit: %v, want ErrInvalid", name, err)
		}
	}
	if st := load(t, s, room("good")); st.Last.Seq != 0 {
		t.Fatalf("a part of a refused batch was written: %v", st.Last)
	}
	commit(t, s, good)
	checkHistory(t, s, room("good"), records(room("good"), 7, 1, 1))
}

// testInvalidTurn has turns refused that no room could have made.
func testInvalidTurn(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	key := room("bad")
	commit(t, s, newAuthor(key).turn(7, 1, put(item("a", 1))))
	before := *load(t, s, key)
	large := persistence.Item{Key: "large", Value: make([]byte, persistence.MaxValueBytes)}
	for name, edits := range map[string][]edit{
		"a nameless item":       {put(persistence.Item{})},
		"a long key":            {put(persistence.Item{Key: strings.Repeat("k", persistence.MaxKeyBytes+1)})},
		"a large value":         {put(persistence.Item{Key: "k", Value: append(large.Value, 0)})},
		"an item twice":         {put(item("a", 1), item("a", 2))},
		"items in disorder":     {put(item("b", 1), item("a", 1))},
		"a nameless removal":    {func(c *persistence.Change) { c.Deletes = []string{""} }},
		"a long removal":        {func(c *persistence.Change) { c.Deletes = []string{strings.Repeat("k", persistence.MaxKeyBytes+1)} }},
		"a removal twice":       {remove("a", "a")},
		"removals in disorder":  {remove("b", "a")},
		"an item put and gone":  {put(item("a", 1), item("c", 1), item("d", 1)), remove("b", "c")},
		"an alarm of long past": {alarmAt(-1)},
		"tries of no alarm":     {func(c *persistence.Change) { c.Alarm = &persistence.Alarm{Retry: 1} }},
		"too much": {func(c *persistence.Change) {
			for n := range persistence.MaxChangeBytes / persistence.MaxValueBytes {
				c.Puts = append(c.Puts, persistence.Item{Key: string(rune('a' + n)), Value: large.Value})
			}
		}},
	} {
		a := newAuthor(key)
		a.head = before.Head
		// The next turn, and with it the head, as if all was well.
		w := a.turn(7, 1)
		for _, edit := range edits {
			edit(w.Turn.Change)
		}
		if c := w.Turn.Change; c.Alarm != nil {
			w.Head.Alarm = *c.Alarm
		}
		refuse(t, s, name, w)
	}
	a := newAuthor(key)
	a.head = before.Head
	alarm := a.turn(7, 0, alarmAt(5))
	alarm.Head.Alarm.At++
	refuse(t, s, "an alarm that the head tells otherwise", alarm)
	a.head = before.Head
	refuse(t, s, "more messages than one turn holds", a.turn(7, persistence.MaxTurnRecords+1))
	a.head = before.Head
	hole := a.turn(7, 3)
	hole.Turn.Records = slices.Delete(hole.Turn.Records, 1, 2)
	refuse(t, s, "a hole", hole)
	a.head = before.Head
	owners := a.turn(7, 2)
	owners.Turn.Records[0].Epoch = 6
	refuse(t, s, "messages of two epochs", owners)
	checkState(t, s, key, before)
}

// refuse fails unless the store takes the write for one that breaks the
// contract.
func refuse(t *testing.T, s persistence.Store, what string, w persistence.Write) {
	t.Helper()
	if err := s.Commit([]persistence.Write{fenceWrite(w.Room, 1), w}); !errors.Is(err, persistence.ErrInvalid) {
		t.Errorf("%s: commit: %v, want ErrInvalid", what, err)
	}
}

// testInvalidKinds has batches refused for a write that is not exactly one of
// the kinds there are, or whose copy could not be read back.
func testInvalidKinds(t *testing.T, subject Subject) {
	s := subject.Open(t, 10)
	defer closeStore(t, s)
	key := room("bad")
	spoiled := func(spoil func(*persistence.Copy)) persistence.Write {
		c := orders(key)["lower than before"]
		spoil(&c)
		return copyWrite(key, 1, c)
	}
	message := write(key, epoch7, 1)
	broken := fenceAt(1)
	broken.Accepted = broken.Promised + 1
	for name, bad := range map[string]persistence.Write{
		"nothing":                {Room: key},
		"a head alone":           {Room: key, Head: evenHead(epoch7, persistence.Position{Epoch: 7, Seq: 1})},
		"a broken fence":         {Room: key, Fence: &broken},
		"a copy without a fence": {Room: key, Copy: &persistence.Copy{}},
		"a copy with a turn":     {Room: key, Copy: &persistence.Copy{}, Fence: &persistence.Fence{}, Turn: message.Turn, Head: message.Head},
		"a copy to be forgotten": {Room: key, Copy: &persistence.Copy{}, Fence: &persistence.Fence{}, Forget: true},
		"an end with a fence":    {Room: key, Fence: &persistence.Fence{}, Forget: true},
		"an end with a turn":     {Room: key, Forget: true, Turn: message.Turn, Head: message.Head},
		"a copy of keys":         spoiled(func(c *persistence.Copy) { *c = persistence.Copy{Keys: c.Keys} }),
		"a copy of an epoch": spoiled(func(c *persistence.Copy) {
			*c = persistence.Copy{Head: persistence.Head{Last: persistence.Position{Epoch: 1}}}
		}),
		"a copy of no turn":       spoiled(func(c *persistence.Copy) { c.Turn = 0 }),
		"a copy of an odd turn":   spoiled(func(c *persistence.Copy) { c.Turn++ }),
		"a copy without lineage":  spoiled(func(c *persistence.Copy) { c.Lineage = nil }),
		"a copy without records":  spoiled(func(c *persistence.Copy) { c.History = nil }),
		"a copy with a hole":      spoiled(func(c *persistence.Copy) { c.History = slices.Delete(slices.Clone(c.History), 4, 5) }),
		"a copy cut at its end":   spoiled(func(c *persistence.Copy) { c.History = c.History[:5] }),
		"a copy past its end":     spoiled(func(c *persistence.Copy) { c.Last.Seq-- }),
		"a copy of another epoch": spoiled(func(c *persistence.Copy) { c.Lineage = persistence.Lineage{{Epoch: 5, First: 1}} }),
		"a copy of falling epochs": copyWrite(key, 1, persistence.Copy{
			Head:    evenHead(persistence.Lineage{{Epoch: 9, First: 50}}, persistence.Position{Epoch: 7, Seq: 5}),
			History: []persistence.Record{record(key, 8, 4), record(key, 7, 5)},
		}),
		"a copy with two keys in a slot": spoiled(func(c *persistence.Copy) { c.Keys = append(slices.Clone(c.Keys), c.Keys[0]) }),
		"a copy with a key to come": spoiled(func(c *persistence.Copy) {
			c.Keys = []persistence.KeyEntry{keyAt(1, persistence.Position{Epoch: 6, Seq: 13})}
		}),
		"a copy with a key of a turn to come": spoiled(func(c *persistence.Copy) {
			c.Keys = slices.Clone(c.Keys)
			c.Keys[0].Turn++
		}),
		"a copy with an alarm of no turn": copyWrite(key, 1, persistence.Copy{Head: persistence.Head{Alarm: persistence.Alarm{At: 1}}}),
		"a copy with items of no turn":    copyWrite(key, 1, persistence.Copy{Storage: persistence.NewStorage([]persistence.Item{item("a", 1)})}),
		"a copy with items untold":        spoiled(func(c *persistence.Copy) { c.Storage = persistence.NewStorage([]persistence.Item{item("a", 1)}) }),
		"a copy with items missing":       spoiled(func(c *persistence.Copy) { c.Uneven, c.Items, c.Bytes = true, 1, 5 }),
		"a copy with a large item": copyWrite(key, 1, storing(persistence.Copy{}, 0, persistence.Item{
			Key: "a", Value: make([]byte, persistence.MaxValueBytes+1),
		})),
		"a copy with a nameless item": copyWrite(key, 1, storing(persistence.Copy{}, 0, persistence.Item{Value: []byte("v")})),
	} {
		if err := s.Commit([]persistence.Write{fenceWrite(key, 1), bad}); !errors.Is(err, persistence.ErrInvalid) {
			t.Errorf("%s: commit: %v, want ErrInvalid", name, err)
		}
	}
	checkState(t, s, key, persistence.State{})
}
