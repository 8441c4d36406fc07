package sse_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
)

// FuzzRoundTrip wants what was written back, with every line end become LF,
// and nothing that was not written.
func FuzzRoundTrip(f *testing.F) {
	f.Add("broadcast", "7-42", []byte(`{"message":"Hello World"}`), uint16(0))
	f.Add("", "", []byte("a\r\nb\rc\nd\n"), uint16(3000))
	f.Add("n\n", "1\x00", []byte("\n\ndata: x\n\nid: 9-9\n\n"), uint16(1))
	f.Add(" n", " :1", []byte("\xEF\xBB\xBF:x\u2028\x00"), uint16(65535))
	f.Fuzz(func(t *testing.T, name, id string, data []byte, ms uint16) {
		in := sse.Event{Name: name, ID: id, Data: data, Retry: time.Duration(ms) * time.Millisecond}
		kept := bytes.Clone(data)
		wire := sse.AppendEvent(nil, in)
		if !bytes.Equal(data, kept) {
			t.Fatal("the data was changed")
		}
		if again := sse.AppendEvent([]byte("x"), in); string(again) != "x"+string(wire) {
			t.Fatalf("appending gives %q, alone %q", again, wire)
		}

		want := seen{name: clean(name), id: clean(id), data: lf(string(data)), retry: in.Retry, lastID: clean(id)}
		if want.lastID == "" {
			want.lastID = "before"
		}
		stream := ":c\n\nid: before\n\n" + string(wire) + string(sse.AppendComment(nil, name)) + "data: after\n\n"
		got, err := feed(stream, sse.Options{MaxEvent: 1 << 30}, 5, 3)
		if err != nil {
			t.Fatal(err)
		}
		after := seen{data: "after", lastID: want.lastID}
		events := []seen{want, after}
		if len(data) == 0 {
			events = events[1:]
		}
		if !reflect.DeepEqual(got.events, events) {
			t.Fatalf("wire %q\n got %+v\nwant %+v", wire, got.events, events)
		}
		if wantComments := 2 + strings.Count(lf(name), "\n"); len(got.comments) != wantComments {
			t.Fatalf("%d comments, want %d", len(got.comments), wantComments)
		}
	})
}

// clean is what becomes of a name or an id.
func clean(s string) string {
	if strings.ContainsAny(s, "\x00\r\n") {
		return ""
	}
	return s
}

func lf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// FuzzDecode feeds arbitrary bytes, cut arbitrarily, and wants what the
// standard says; with a bound it wants the same up to an error.
func FuzzDecode(f *testing.F) {
	for _, s := range streams {
		if len(s.stream) < 1000 {
			f.Add([]byte(s.stream), []byte{1, 5}, uint8(0))
		}
	}
	f.Add([]byte("data: 0123456789\n\nid: x\nevent: y\n\n"), []byte{4}, uint8(12))
	f.Fuzz(func(t *testing.T, stream, cuts []byte, bound uint8) {
		sizes := make([]int, 0, len(cuts))
		for _, c := range cuts {
			sizes = append(sizes, int(c)+1)
		}
		want := oracle(string(stream))
		for _, s := range [][]int{nil, {1}, sizes} {
			got, err := feed(string(stream), sse.Options{}, s...)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%q in chunks of %v\n got %+v\nwant %+v", stream, s, got, want)
			}
		}
		got, _ := decode(bytes.NewReader(stream), sse.Options{})
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("decoder: %q\n got %+v\nwant %+v", stream, got, want)
		}

		whole, wholeErr := feed(string(stream), sse.Options{MaxEvent: int(bound) + 1})
		cut, cutErr := feed(string(stream), sse.Options{MaxEvent: int(bound) + 1}, sizes...)
		if wholeErr != cutErr || !reflect.DeepEqual(whole, cut) {
			t.Fatalf("bound %d: %q in chunks of %v\n got %+v, %v\nwant %+v, %v",
				bound+1, stream, sizes, cut, cutErr, whole, wholeErr)
		}
		if len(whole.events) > len(want.events) || !slices.Equal(whole.events, want.events[:len(whole.events)]) {
			t.Fatalf("bound %d: %q\n got %+v\nwant a beginning of %+v", bound+1, stream, whole.events, want.events)
		}
	})
}
