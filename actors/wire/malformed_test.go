package wire_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

func TestMalformed(t *testing.T) {
	text := func(num protowire.Number, n int) []byte { return bytesField(num, bytes.Repeat([]byte("x"), n)) }
	room := bytesField(1, append(text(1, 4), text(2, 5)...))
	record := func(fields ...[]byte) []byte { return bytesField(2, bytes.Join(fields, nil)) }
	seq := []byte{0x10, 1}
	spans := bytes.Repeat(bytesField(4, []byte{8, 1, 16, 1}), persistence.MaxSpans+1)
	for what, b := range map[string][]byte{
		"nothing":              {},
		"no kind":              {2},
		"version 0":            {0, 1},
		"kind 0":               {2, 0},
		"no room":              {2, 16},
		"room without a name":  append([]byte{2, 16}, bytesField(1, text(1, 4))...),
		"room without a kind":  append([]byte{2, 16}, bytesField(1, text(2, 4))...),
		"NUL in a name":        append([]byte{2, 16}, bytesField(1, append(text(1, 4), bytesField(2, []byte("a\x00b"))...))...),
		"long name":            append([]byte{2, 16}, bytesField(1, append(text(1, 4), text(2, 256)...))...),
		"long event":           bytes.Join([][]byte{{2, 16}, room, text(2, persistence.MaxEventBytes+1)}, nil),
		"long body":            bytes.Join([][]byte{{2, 16}, room, text(3, persistence.MaxDataBytes+1)}, nil),
		"short hash":           bytes.Join([][]byte{{2, 16}, room, text(7, 15)}, nil),
		"long hash":            bytes.Join([][]byte{{2, 16}, room, text(7, 17)}, nil),
		"text for a number":    bytes.Join([][]byte{{2, 16}, room, text(4, 1)}, nil),
		"number for a text":    bytes.Join([][]byte{{2, 16}, room, {2 << 3, 1}}, nil),
		"field 0":              {2, 48, 0, 0},
		"group":                {2, 48, 99&15<<3 | 3, 99&15<<3 | 4},
		"length beyond":        {2, 48, 1<<3 | 2, 200},
		"huge length":          {2, 48, 1<<3 | 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"number without end":   {2, 48, 2 << 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		"record without a seq": append([]byte{2, 21}, record(text(4, 1))...),
		"record's long event":  append([]byte{2, 21}, record(seq, text(4, 65))...),
		"record's long data":   append([]byte{2, 21}, record(seq, text(5, persistence.MaxDataBytes+1))...),
		"big code":             {2, 17, 1 << 3, 0x80, 0x02},
		"long lineage":         bytes.Join([][]byte{{2, 38}, bytesField(3, append(text(1, 4), text(2, 5)...)), spans}, nil),
		"list cut short":       bytes.Join([][]byte{{2, 37}, bytesField(3, append(text(1, 4), text(2, 5)...)), bytesField(5, []byte{0x80})}, nil),
	} {
		wantMalformed(t, what, b)
	}
}

func wantMalformed(t *testing.T, what string, b []byte) {
	t.Helper()
	if m, err := wire.Decode(b); !errors.Is(err, wire.ErrMalformed) || m != nil {
		t.Errorf("%s: %+v, %v", what, m, err)
	}
}

// TestBounds sends what is one byte, line or step beyond what may be sent.
func TestBounds(t *testing.T) {
	text := func(n int) string { return strings.Repeat("x", n+1) }
	data := func(n int) []byte { return bytes.Repeat([]byte("x"), n+1) }
	full := []wire.Field{{Name: "n", Value: text(wire.MaxHeaderBytes - 2)}}
	for what, m := range map[string]wire.Message{
		"answer":                 wire.Published{Answer: data(persistence.MaxAnswerBytes)},
		"reason":                 wire.Published{Reason: text(wire.MaxReasonBytes)},
		"message":                wire.Published{Message: text(wire.MaxSentenceBytes)},
		"status of no refusal":   wire.Published{Status: 399},
		"status of no error":     wire.Published{Status: 600},
		"call of no room":        wire.Call{Method: "GET"},
		"method":                 wire.Call{Room: lobby, Method: text(wire.MaxMethodBytes)},
		"target":                 wire.Call{Room: lobby, Target: text(wire.MaxTargetBytes)},
		"lines":                  wire.Call{Room: lobby, Header: slices.Repeat([]wire.Field{{Name: "n"}}, wire.MaxFields+1)},
		"line without a name":    wire.Call{Room: lobby, Header: []wire.Field{{Value: "v"}}},
		"header":                 wire.Call{Room: lobby, Header: append(full, wire.Field{Name: "n"})},
		"body":                   wire.Call{Room: lobby, Body: data(wire.MaxBodyBytes)},
		"idempotency key":        wire.Call{Room: lobby, Key: text(persistence.MaxNameBytes)},
		"caller":                 wire.Call{Room: lobby, Caller: text(wire.MaxObjectIDBytes)},
		"status below HTTP's":    wire.Called{Status: 99},
		"status above HTTP's":    wire.Called{Status: 1000},
		"header of an answer":    wire.Called{Header: append(full, wire.Field{Name: "n"})},
		"body of an answer":      wire.Called{Body: data(wire.MaxBodyBytes)},
		"reason of an answer":    wire.Called{Reason: text(wire.MaxReasonBytes)},
		"message of an answer":   wire.Called{Message: text(wire.MaxSentenceBytes)},
		"room to create":         wire.Create{},
		"kind to find":           wire.Find{ID: "f"},
		"id to find":             wire.Find{Kind: "room"},
		"long id to find":        wire.Find{Kind: "room", ID: text(wire.MaxObjectIDBytes)},
		"found nothing":          wire.Found{OK: true},
		"found and not":          wire.Found{Room: lobby},
		"offer of nothing":       wire.Offer{Room: lobby},
		"offer for no room":      wire.Offer{Bytes: 1},
		"want":                   wire.Want{N: wire.MaxPartBytes + 1},
		"part":                   wire.Part{Data: data(wire.MaxPartBytes)},
		"event of an update":     wire.LinkMessage{Body: wire.Update{Room: lobby, Event: text(persistence.MaxEventBytes)}},
		"client to kick":         wire.LinkMessage{Body: wire.Kick{Room: lobby, Client: text(persistence.MaxNameBytes)}},
		"kick without a room":    wire.LinkMessage{Body: wire.Kick{Client: "c"}},
		"check without a room":   wire.Replicate{Message: replication.Check{}},
		"checked without a room": wire.Replicate{Message: replication.Checked{}},
	} {
		wantMalformed(t, what, wire.Append(nil, m))
	}
}

// TestTurnsThatContradictThemselves wants no turn to come in that a store would
// refuse.
func TestTurnsThatContradictThemselves(t *testing.T) {
	big := bytes.Repeat([]byte("v"), persistence.MaxValueBytes+1)
	long := strings.Repeat("k", persistence.MaxKeyBytes+1)
	put := func(items ...persistence.Item) persistence.Turn {
		return persistence.Turn{Change: &persistence.Change{Puts: items}}
	}
	remove := func(keys ...string) persistence.Turn {
		return persistence.Turn{Change: &persistence.Change{Deletes: keys}}
	}
	for what, turn := range map[string]persistence.Turn{
		"hole":             {Records: []persistence.Record{{Position: position(1, 1)}, {Position: position(1, 3)}}},
		"two epochs":       {Records: []persistence.Record{{Position: position(1, 1)}, {Position: position(2, 2)}}},
		"no epoch":         {Records: []persistence.Record{{Position: position(0, 1)}}},
		"key of no turn":   {Key: &persistence.KeyEntry{}},
		"long answer":      {Key: &persistence.KeyEntry{Turn: 1, Answer: make([]byte, persistence.MaxAnswerBytes+1)}},
		"item without key": put(persistence.Item{Value: []byte("v")}),
		"long key":         put(persistence.Item{Key: long}),
		"big value":        put(persistence.Item{Key: "k", Value: big}),
		"items unordered":  put(persistence.Item{Key: "b"}, persistence.Item{Key: "a"}),
		"item twice":       put(persistence.Item{Key: "a"}, persistence.Item{Key: "a"}),
		"deletes reversed": remove("b", "a"),
		"long delete":      remove(long),
		"put and deleted":  {Change: &persistence.Change{Puts: []persistence.Item{{Key: "a"}}, Deletes: []string{"a"}}},
		"alarm":            {Change: &persistence.Change{Alarm: &persistence.Alarm{At: -1}}},
	} {
		list := []persistence.Turn{{}, turn}
		wantMalformed(t, what, wire.Append(nil, wire.Replicate{Room: lobby, Message: replication.Append{Turns: list}}))
	}
	log := persistence.Copy{Head: persistence.Head{Turn: 1, Alarm: persistence.Alarm{At: -1}}}
	wantMalformed(t, "alarm of a copy", wire.Append(nil, wire.Replicate{Room: lobby, Message: replication.Copied{Log: log}}))
}
