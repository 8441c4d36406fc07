package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"runtime"
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
			if !reflect.DeepEqual(got, m) {
				t.Fatalf("sent %+v, got %+v", m, got)
			}
		})
	}
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
	case reflect.Interface:
		note(v.Elem(), set)
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
		if !reflect.DeepEqual(got, m) {
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
	got, err := wire.Decode(append([]byte{1, 18}, bytesField(1, room)...))
	if err != nil || got != (wire.Describe{Room: lobby}) {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestNewerPrograms(t *testing.T) {
	for _, b := range [][]byte{{2, 1}, {255, 0xff, 1}, {1, 11}, {1, 31}, {1, 47}, {1, 53, 0x08, 0x01}, {1, 255}} {
		if _, err := wire.Decode(b); !errors.Is(err, wire.ErrVersion) {
			t.Errorf("%v: %v", b, err)
		}
	}
}

func TestMalformed(t *testing.T) {
	text := func(num protowire.Number, n int) []byte { return bytesField(num, bytes.Repeat([]byte("x"), n)) }
	room := bytesField(1, append(text(1, 4), text(2, 5)...))
	record := func(fields ...[]byte) []byte { return bytesField(2, bytes.Join(fields, nil)) }
	seq := []byte{0x10, 1}
	spans := bytes.Repeat(bytesField(4, []byte{8, 1, 16, 1}), persistence.MaxSpans+1)
	for what, b := range map[string][]byte{
		"nothing":              {},
		"no kind":              {1},
		"version 0":            {0, 1},
		"kind 0":               {1, 0},
		"no room":              {1, 16},
		"room without a name":  append([]byte{1, 16}, bytesField(1, text(1, 4))...),
		"room without a kind":  append([]byte{1, 16}, bytesField(1, text(2, 4))...),
		"NUL in a name":        append([]byte{1, 16}, bytesField(1, append(text(1, 4), bytesField(2, []byte("a\x00b"))...))...),
		"long name":            append([]byte{1, 16}, bytesField(1, append(text(1, 4), text(2, 256)...))...),
		"long event":           bytes.Join([][]byte{{1, 16}, room, text(2, persistence.MaxEventBytes+1)}, nil),
		"long body":            bytes.Join([][]byte{{1, 16}, room, text(3, persistence.MaxDataBytes+1)}, nil),
		"short hash":           bytes.Join([][]byte{{1, 16}, room, text(7, 15)}, nil),
		"long hash":            bytes.Join([][]byte{{1, 16}, room, text(7, 17)}, nil),
		"text for a number":    bytes.Join([][]byte{{1, 16}, room, text(4, 1)}, nil),
		"number for a text":    bytes.Join([][]byte{{1, 16}, room, {2 << 3, 1}}, nil),
		"field 0":              {1, 48, 0, 0},
		"group":                {1, 48, 99&15<<3 | 3, 99&15<<3 | 4},
		"length beyond":        {1, 48, 1<<3 | 2, 200},
		"huge length":          {1, 48, 1<<3 | 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"number without end":   {1, 48, 2 << 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		"record without a seq": append([]byte{1, 21}, record(text(4, 1))...),
		"record's long event":  append([]byte{1, 21}, record(seq, text(4, 65))...),
		"record's long data":   append([]byte{1, 21}, record(seq, text(5, persistence.MaxDataBytes+1))...),
		"big code":             {1, 17, 1 << 3, 0x80, 0x02},
		"long lineage":         bytes.Join([][]byte{{1, 38}, bytesField(3, append(text(1, 4), text(2, 5)...)), spans}, nil),
		"list cut short":       bytes.Join([][]byte{{1, 37}, bytesField(3, append(text(1, 4), text(2, 5)...)), bytesField(5, []byte{0x80})}, nil),
	} {
		if m, err := wire.Decode(b); !errors.Is(err, wire.ErrMalformed) || m != nil {
			t.Errorf("%s: %+v, %v", what, m, err)
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

// TestLengthsAllocateNothing gives a decoder a part and the promise of a huge
// one: memory may grow with the input, and not with what the input says.
func TestLengthsAllocateNothing(t *testing.T) {
	b := append([]byte{1, 21}, bytesField(3, []byte{0x10, 1})...)
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
		wire.Replicate{Room: lobby, Message: replication.Append{Claim: claim, Records: rec}},
		wire.Replicate{Room: lobby, Message: replication.Ack{Claim: claim, Life: 1_700_000_000_000, Seq: 42}},
		wire.LinkMessage{Link: 1 << 63, N: 1000, Body: wire.Frames{Room: lobby, Records: rec}},
		wire.Publish{Room: lobby, Event: "broadcast", Body: rec[0].Data, Retry: [16]byte{1}},
	}
}
