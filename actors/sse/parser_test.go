package sse_test

import (
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
)

const bom = "\xEF\xBB\xBF"

// streams are the standard's own examples and the corners of its rules.
var streams = []struct {
	name   string
	stream string
	want   observed
}{
	{"three lines", "data: YHOO\ndata: +2\ndata: 10\n\n",
		observed{events: []seen{{data: "YHOO\n+2\n10"}}}},
	{"comment, ids, the last frame cut short",
		": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event",
		observed{
			events: []seen{
				{data: "first event", id: "1", lastID: "1"},
				{data: "second event"},
			},
			comments: []string{" test stream"},
		}},
	{"empty data, the last frame cut short", "data\n\ndata\ndata\n\ndata:",
		observed{events: []seen{{data: ""}, {data: "\n"}}}},
	{"with and without a space", "data:test\n\ndata: test\n\n",
		observed{events: []seen{{data: "test"}, {data: "test"}}}},
	{"named", "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n",
		observed{events: []seen{{name: "add", data: "73857293"}, {name: "remove", data: "2153"}}}},
	{"cr", "data: a\rdata: b\r\rdata: c\r\r", observed{events: []seen{{data: "a\nb"}, {data: "c"}}}},
	{"crlf", "data: a\r\ndata: b\r\n\r\n", observed{events: []seen{{data: "a\nb"}}}},
	{"mixed line ends", "data: a\n\rdata: b\r\n\ndata: c\r\r\n",
		observed{events: []seen{{data: "a"}, {data: "b"}, {data: "c"}}}},
	{"byte order mark", bom + "data: a\n\n", observed{events: []seen{{data: "a"}}}},
	{"only one byte order mark", bom + bom + "data: a\n\ndata: b\n\n", observed{events: []seen{{data: "b"}}}},
	{"byte order mark later", "data: a\n\n" + bom + "data: b\n\n", observed{events: []seen{{data: "a"}}}},
	{"byte order mark alone", bom, observed{}},
	{"half a byte order mark", "\xEF\xBBdata: a\n\n", observed{}},
	{"one leading space only", "data:  a\n\n", observed{events: []seen{{data: " a"}}}},
	{"tab is no space", "data:\ta\n\n", observed{events: []seen{{data: "\ta"}}}},
	{"colon in value", "data:a:b\n\n", observed{events: []seen{{data: "a:b"}}}},
	{"field without colon", "data\nevent\nid\n\n", observed{events: []seen{{data: ""}}}},
	{"unknown and miscased fields", "Data: a\nfoo: b\ndata : c\n data: d\n\n", observed{}},
	{"name without data", "event: a\n\ndata: b\n\n", observed{events: []seen{{data: "b"}}}},
	{"the last name counts", "event: a\nevent: b\ndata: c\n\n", observed{events: []seen{{name: "b", data: "c"}}}},
	{"id persists", "id: 1\ndata: a\n\ndata: b\n\n",
		observed{events: []seen{{id: "1", data: "a", lastID: "1"}, {data: "b", lastID: "1"}}, lastID: "1"}},
	{"id alone", "id: 1\n\ndata: a\n\n", observed{events: []seen{{data: "a", lastID: "1"}}, lastID: "1", marks: []string{"1"}}},
	{"id waits for its frame's end", "id: 1\n\nid: 2\n", observed{lastID: "1", marks: []string{"1"}}},
	{"id with nul", "id: 1\n\nid: 2\x003\ndata: a\n\n", observed{events: []seen{{data: "a", lastID: "1"}}, lastID: "1", marks: []string{"1"}}},
	{"id emptied", "id: 1\n\nid:\ndata: a\n\n", observed{events: []seen{{data: "a"}}, marks: []string{"1"}}},
	{"bookmarks", "id: 1\n\nid\n\nid: 2\nevent: x\n\n\n", observed{lastID: "2", marks: []string{"1", "", "2"}}},
	{"nul in data", "data: a\x00b\n\n", observed{events: []seen{{data: "a\x00b"}}}},
	{"retry", "retry: 1500\n\n", observed{retry: 1500 * time.Millisecond, hasRetry: true}},
	{"retry at once, without a blank line", "retry:7\n", observed{retry: 7 * time.Millisecond, hasRetry: true}},
	{"retry with its event", "retry: 10\ndata: a\n\ndata: b\n\n", observed{
		events: []seen{{data: "a", retry: 10 * time.Millisecond}, {data: "b"}},
		retry:  10 * time.Millisecond, hasRetry: true}},
	{"retry 0", "retry: 0\n\n", observed{hasRetry: true}},
	{"retry of other than digits", "retry: 1\nretry: -1\nretry: 1.5\nretry: 2s\nretry:\nretry:  2\nretry: ٣\n\n",
		observed{retry: time.Millisecond, hasRetry: true}},
	{"retry beyond any duration", "retry: 99999999999999999999999\n\n",
		observed{retry: math.MaxInt64, hasRetry: true}},
	{"comments", ":heartbeat\n\n:\ndata: a\n: b\n\n",
		observed{events: []seen{{data: "a"}}, comments: []string{"heartbeat", "", " b"}}},
	{"invalid utf-8 passes", "data: \xff\n\n", observed{events: []seen{{data: "\xff"}}}},
	{"a long line", "data: " + strings.Repeat("x", 100_000) + "\n\n",
		observed{events: []seen{{data: strings.Repeat("x", 100_000)}}}},
}

func TestParser(t *testing.T) {
	for _, tc := range streams {
		t.Run(tc.name, func(t *testing.T) {
			if o := oracle(tc.stream); !reflect.DeepEqual(o, tc.want) {
				t.Errorf("the oracle disagrees: %+v", o)
			}
			for _, sizes := range [][]int{nil, {1}, {2}, {3, 1}, {7}} {
				got, err := feed(tc.stream, sse.Options{}, sizes...)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, tc.want) {
					t.Errorf("in chunks of %v:\n got %.300v\nwant %.300v", sizes, got, tc.want)
				}
			}
		})
	}
}

func TestDecoder(t *testing.T) {
	for _, tc := range streams {
		t.Run(tc.name, func(t *testing.T) {
			for name, wrap := range map[string]func(io.Reader) io.Reader{
				"whole":    func(r io.Reader) io.Reader { return r },
				"byte":     iotest.OneByteReader,
				"half":     iotest.HalfReader,
				"data+err": iotest.DataErrReader,
			} {
				got, err := decode(wrap(strings.NewReader(tc.stream)), sse.Options{})
				if err != io.EOF {
					t.Fatalf("%s: %v", name, err)
				}
				if !reflect.DeepEqual(got, tc.want) {
					t.Errorf("%s:\n got %.300v\nwant %.300v", name, got, tc.want)
				}
			}
		})
	}
}

// decode reads r to its end and returns the error that ended it.
func decode(r io.Reader, o sse.Options) (observed, error) {
	var got observed
	got.watch(&o)
	d := sse.NewDecoder(r, o)
	for {
		e, err := d.Next()
		got.lastID = d.LastEventID()
		got.retry, got.hasRetry = d.Retry()
		if err != nil {
			if d.Comments() != uint64(len(got.comments)) {
				err = errors.New("comments are miscounted")
			}
			return got, err
		}
		got.events = append(got.events, seen{e.Name, e.ID, string(e.Data), e.Retry, d.LastEventID()})
	}
}

func TestDecoderErrors(t *testing.T) {
	broken := errors.New("broken")
	d := sse.NewDecoder(io.MultiReader(strings.NewReader("data: a\n\ndata: b"), iotest.ErrReader(broken)), sse.Options{})
	if e, err := d.Next(); err != nil || string(e.Data) != "a" {
		t.Fatalf("got %q, %v", e.Data, err)
	}
	for range 2 {
		if _, err := d.Next(); err != broken {
			t.Fatalf("got %v, want the reader's error", err)
		}
	}
	d = sse.NewDecoder(idle{}, sse.Options{})
	if _, err := d.Next(); err != io.ErrNoProgress {
		t.Errorf("a reader that never reads gives %v", err)
	}
}

// idle is a reader that never gets anywhere.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestMaxEvent(t *testing.T) {
	// With a bound of 16 bytes.
	for _, tc := range []struct {
		name   string
		stream string
		events int
		ok     bool
	}{
		{"line at the bound", "data: 0123456789\n\n", 1, true},
		{"line beyond", "data: 01234567890\n\n", 0, false},
		{"second event beyond", "data: 0\n\ndata: 01234567890\n\n", 1, false},
		{"endless line", "data: 0\n\n" + strings.Repeat("x", 17), 1, false},
		{"lines at the bound", "data: 0123\ndata:0123\n\n", 1, true},
		{"lines beyond", "data: 01234567\ndata:0123\n\n", 0, false},
		{"name counts", "event: 01234567\ndata: 0123\n\n", 0, false},
		{"id counts", "id: 0123456789\ndata: 01\n\n", 0, false},
		{"endless comment", ":" + strings.Repeat("x", 16), 0, false},
		{"many comments", strings.Repeat(":0123456789\n", 100) + "data: 0\n\n", 1, true},
		{"many events", strings.Repeat("data: 0123456789\n\n", 100), 100, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, sizes := range [][]int{nil, {1}, {3}} {
				got, err := feed(tc.stream, sse.Options{MaxEvent: 16}, sizes...)
				if len(got.events) != tc.events {
					t.Errorf("chunks of %v: %d events, want %d", sizes, len(got.events), tc.events)
				}
				if tc.ok && err != nil || !tc.ok && !errors.Is(err, sse.ErrTooLong) {
					t.Errorf("chunks of %v: error %v", sizes, err)
				}
			}
			d := sse.NewDecoder(strings.NewReader(tc.stream), sse.Options{MaxEvent: 16})
			for range tc.events {
				if _, err := d.Next(); err != nil {
					t.Fatal(err)
				}
			}
			want := io.EOF
			if !tc.ok {
				want = sse.ErrTooLong
			}
			for range 2 {
				if _, err := d.Next(); err != want {
					t.Errorf("Next: %v, want %v", err, want)
				}
			}
		})
	}
}

func TestReset(t *testing.T) {
	p := sse.NewParser(sse.Options{LastEventID: "0", MaxEvent: 64})
	if p.LastEventID() != "0" {
		t.Errorf("last id is %q before the stream", p.LastEventID())
	}
	fail := func(e sse.Event) { t.Errorf("unexpected event %+v", e) }
	if err := p.Feed([]byte("retry: 5\nid: 1\n\nid: 2\nevent: x\ndata: cut\nda"), fail); err != nil {
		t.Fatal(err)
	}
	if err := p.Feed(make([]byte, 100), fail); !errors.Is(err, sse.ErrTooLong) {
		t.Fatalf("got %v", err)
	}
	if err := p.Feed(nil, fail); !errors.Is(err, sse.ErrTooLong) {
		t.Fatalf("a parser that failed goes on: %v", err)
	}
	p.Reset()
	if d, ok := p.Retry(); p.LastEventID() != "1" || !ok || d != 5*time.Millisecond {
		t.Errorf("after Reset: id %q, retry %v, %v", p.LastEventID(), d, ok)
	}
	var got []string
	err := p.Feed([]byte(bom+"data: whole\n\n"), func(e sse.Event) { got = append(got, e.Name+"/"+e.ID+"/"+string(e.Data)) })
	if err != nil || !reflect.DeepEqual(got, []string{"//whole"}) {
		t.Errorf("after Reset: %q, %v", got, err)
	}
}
