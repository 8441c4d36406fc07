package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

func name(m wire.Message) string {
	switch m := m.(type) {
	case wire.Replicate:
		return fmt.Sprintf("%T", m.Message)
	case wire.LinkMessage:
		return fmt.Sprintf("%T", m.Body)
	}
	return fmt.Sprintf("%T", m)
}

func TestRoundTrip(t *testing.T) {
	for i, m := range samples() {
		t.Run(fmt.Sprint(i, " ", name(m)), func(t *testing.T) {
			prefix := []byte("before")
			b := wire.Append(prefix, m)
			if !bytes.HasPrefix(b, prefix) {
				t.Fatal("what was there before has changed")
			}
			got, err := wire.Decode(b[len(prefix):])
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(plain(got), plain(m)) {
				t.Fatalf("sent %+v, got %+v", m, got)
			}
		})
	}
}

// plain returns a message in a form that can be compared: storages are trees,
// which are taken apart.
func plain(m wire.Message) any {
	var stored [][]persistence.Item
	plainCopy := func(c persistence.Copy) persistence.Copy {
		var items []persistence.Item
		c.Storage.Ascend("", func(it persistence.Item) bool {
			items = append(items, it)
			return true
		})
		stored = append(stored, items)
		c.Storage = nil
		return c
	}
	switch whole := m.(type) {
	case wire.Replicate:
		switch r := whole.Message.(type) {
		case replication.Fetched:
			r.Log = plainCopy(r.Log)
			whole.Message = r
		case replication.Sync:
			r.Log = plainCopy(r.Log)
			whole.Message = r
		case replication.Copied:
			r.Log = plainCopy(r.Log)
			whole.Message = r
		}
		m = whole
	case wire.Pulled:
		whole.Copies = slices.Clone(whole.Copies)
		for i := range whole.Copies {
			whole.Copies[i].Copy = plainCopy(whole.Copies[i].Copy)
		}
		m = whole
	}
	return []any{m, stored}
}

// TestEveryFieldTravels wants samples to leave no field of any message zero, so
// that TestRoundTrip cannot pass over one that somebody adds.
func TestEveryFieldTravels(t *testing.T) {
	set := map[string]bool{}
	for _, m := range samples() {
		note(reflect.ValueOf(m), set)
	}
	for field, ok := range set {
		if !ok {
			t.Errorf("no sample sets %s", field)
		}
	}
}

func note(v reflect.Value, set map[string]bool) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.Type() != reflect.TypeFor[*persistence.Storage]() {
			note(v.Elem(), set)
		}
	case reflect.Slice:
		for i := range v.Len() {
			note(v.Index(i), set)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().String() + "." + v.Type().Field(i).Name
			set[field] = set[field] || !v.Field(i).IsZero()
			note(v.Field(i), set)
		}
	}
}

// TestCutShort wants no proper prefix of a message to pass for another message,
// but where a field ends.
func TestCutShort(t *testing.T) {
	for _, m := range samples() {
		b := wire.Append(nil, m)
		for n := range min(len(b), 2000) {
			got, err := wire.Decode(b[:n])
			if err != nil {
				if !errors.Is(err, wire.ErrMalformed) {
					t.Fatalf("%s cut to %d bytes: %v", name(m), n, err)
				}
				continue
			}
			if again := wire.Append(nil, got); len(again) > n {
				t.Fatalf("%s cut to %d bytes was read as %+v", name(m), n, got)
			}
		}
	}
}

// newer appends fields of every kind that no message has yet.
func newer(dst []byte) []byte {
	dst = protowire.AppendTag(dst, 100, protowire.VarintType)
	dst = protowire.AppendVarint(dst, 1)
	dst = protowire.AppendTag(dst, 101, protowire.BytesType)
	dst = protowire.AppendString(dst, "news")
	dst = protowire.AppendTag(dst, 102, protowire.Fixed64Type)
	dst = protowire.AppendFixed64(dst, 1)
	dst = protowire.AppendTag(dst, 103, protowire.Fixed32Type)
	return protowire.AppendFixed32(dst, 1)
}

func TestUnknownFieldsArePassedOver(t *testing.T) {
	for _, m := range samples() {
		got, err := wire.Decode(newer(wire.Append(nil, m)))
		if err != nil {
			t.Fatalf("%s: %v", name(m), err)
		}
		if !reflect.DeepEqual(plain(got), plain(m)) {
			t.Fatalf("sent %+v, got %+v", m, got)
		}
	}
}

// bytesField returns a field that holds b.
func bytesField(num protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), b)
}

func TestUnknownFieldsOfPartsArePassedOver(t *testing.T) {
	room := newer(bytes.Join([][]byte{bytesField(1, []byte("room")), bytesField(2, []byte("lobby"))}, nil))
	got, err := wire.Decode(append([]byte{2, 18}, bytesField(1, room)...))
	if err != nil || got != (wire.Describe{Room: lobby}) {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestOtherVersions(t *testing.T) {
	for _, b := range [][]byte{{1, 1}, {1, 48, 8, 1}, {3, 1}, {255, 0xff, 1}, {2, 13}, {2, 15}, {2, 45}, {2, 53, 0x08, 0x01}, {2, 63}, {2, 68}, {2, 255}} {
		if _, err := wire.Decode(b); !errors.Is(err, wire.ErrVersion) {
			t.Errorf("%v: %v", b, err)
		}
	}
}

// TestDataIsShared holds Decode to its word: data alias the input, names do not,
// and nobody can append to data over what follows in the input.
func TestDataIsShared(t *testing.T) {
	b := wire.Append(nil, wire.Publish{Room: lobby, Body: []byte("body"), Key: "key"})
	m, err := wire.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	p := m.(wire.Publish)
	if cap(p.Body) != len(p.Body) {
		t.Errorf("body of %d bytes has room for %d", len(p.Body), cap(p.Body))
	}
	for i := range b {
		b[i] = 'z'
	}
	if string(p.Body) != "zzzz" || p.Room != lobby || p.Key != "key" {
		t.Errorf("%+v", p)
	}
}

// TestWhatIsKeptKeepsNothingElse wants neither stored values nor answers to
// alias the input, and records only that of a small message.
func TestWhatIsKeptKeepsNothingElse(t *testing.T) {
	for _, pad := range []int{0, 1 << 16} {
		b := wire.Append(nil, wire.Replicate{Room: lobby, Message: replication.Append{Turns: []persistence.Turn{{
			Records: []persistence.Record{{Position: position(1, 1), Data: []byte("data")}},
			Key:     &persistence.KeyEntry{Turn: 1, Answer: []byte("answer")},
			Change: &persistence.Change{Puts: []persistence.Item{
				{Key: "key", Value: []byte("value")}, {Key: "pad", Value: make([]byte, pad)},
			}},
		}}}})
		m, err := wire.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b {
			b[i] = 'z'
		}
		turn := m.(wire.Replicate).Message.(replication.Append).Turns[0]
		if item := turn.Change.Puts[0]; item.Key != "key" || string(item.Value) != "value" {
			t.Errorf("item is now %s %s", item.Key, item.Value)
		}
		if answer := turn.Key.Answer; string(answer) != "answer" {
			t.Errorf("answer is now %s", answer)
		}
		if data := string(turn.Records[0].Data); data == "data" != (pad > 0) {
			t.Errorf("record of a message of %d bytes is now %s", len(b), data)
		}
	}
}

// TestLengthsAllocateNothing gives a decoder a part and the promise of a huge
// one: memory may grow with the input, and not with what the input says.
func TestLengthsAllocateNothing(t *testing.T) {
	b := append([]byte{2, 21}, bytesField(3, []byte{0x10, 1})...)
	b = append(b, 3<<3|2, 0xff, 0xff, 0xff, 0xff, 0x0f)
	const runs = 100
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		_, _ = wire.Decode(b)
	}
	runtime.ReadMemStats(&after)
	allocated := (after.TotalAlloc - before.TotalAlloc) / runs
	if allocated > 4096 {
		t.Errorf("%d bytes of input allocate %d", len(b), allocated)
	}
}

func TestAppendPanicsWithoutABody(t *testing.T) {
	for _, m := range []wire.Message{nil, wire.LinkMessage{}, wire.Replicate{Room: lobby}, &wire.Publish{}} {
		func() {
			defer func() {
				if text, ok := recover().(string); !ok || !strings.HasPrefix(text, "wire: ") {
					t.Errorf("%+v: recovered %q", m, text)
				}
			}()
			wire.Append(nil, m)
		}()
	}
}

// hot are the messages that a busy room sends.
func hot() []wire.Message {
	rec := []persistence.Record{{Position: position(1_700_000_000_000, 42), Time: 1_700_000_000_123, Event: "broadcast", Data: bytes.Repeat([]byte("x"), 200)}}
	claim := replication.Claim{Epoch: 1_700_000_000_000, Holder: 1 << 63, Ring: 3}
	return []wire.Message{
		wire.Replicate{Room: lobby, Message: replication.Append{Claim: claim, First: 42, Turns: []persistence.Turn{{Records: rec}}}},
		wire.Replicate{Room: lobby, Message: replication.Ack{Claim: claim, Life: 1_700_000_000_000, Turn: 42}},
		wire.LinkMessage{Link: 1 << 63, N: 1000, Body: wire.Frames{Room: lobby, Records: rec}},
		wire.Publish{Room: lobby, Event: "broadcast", Body: rec[0].Data, Retry: [16]byte{1}},
	}
}
