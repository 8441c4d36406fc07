package history_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

type buffer struct{ bytes.Buffer }

func (*buffer) Close() error { return nil }

// whole is a history with one of everything.
func whole() *history.History {
	return &history.History{
		Run:       history.Run{Fault: "quiet", Seed: 7, Nodes: []string{"n1"}, Replicas: 3, History: 10, Rooms: []string{"a"}},
		Publishes: []history.Publish{{UUID: "u", Room: "a", Node: "n1", Keyed: true, Call: 1, Return: 2, Outcome: history.OK, ID: "7-1"}},
		Opens:     []history.Open{{Conn: 3, Subscriber: 1, Node: "n1", Rooms: []string{"a"}, Resumed: true, Sent: "7-0", Status: 200}},
		Frames:    []history.Frame{{Conn: 3, Time: 4, Kind: history.Message, Room: "a", ID: "7-1", UUID: "u", SHA: "ff"}},
		Handed:    []history.Handed{{Time: 8, Room: "a", ID: "7-1", UUID: "u", SHA: "ff"}},
		Closes:    []history.Close{{Conn: 3, Time: 9, By: history.ByServer}},
		Faults:    []history.Fault{{Name: "kill", Start: 5, End: 6, Nodes: []string{"n1"}}},
		Owners:    []history.Owner{{Time: 5, Asked: "n1", Room: "a", Owner: "n1", Epoch: 7, Seq: 1}},
		Rings:     []history.Ring{{Time: 5, Asked: "n1", Version: 1, Members: []history.Member{{Name: "n1", State: "full"}}}},
		Copies:    []history.Copy{{Node: "n1", Room: "a", Last: "7-1", Messages: []history.Kept{{ID: "7-1", SHA: "ff"}}}},
		Phases:    []history.Phase{{Name: history.Ended, Time: 10}},
		Failures:  []history.Failure{{Time: 11, Text: "no"}},
	}
}

func record(h *history.History) []byte {
	var b buffer
	r := history.NewRecorder(&b)
	r.Note(h.Run)
	entries := reflect.ValueOf(*h)
	for i := range entries.NumField() {
		if f := entries.Field(i); f.Kind() == reflect.Slice {
			for j := range f.Len() {
				r.Note(f.Index(j).Interface())
			}
		}
	}
	if err := r.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	want := whole()
	got, err := history.Read(bytes.NewReader(record(want)))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestReadTornLine(t *testing.T) {
	text := record(whole())
	h, err := history.Read(bytes.NewReader(text[:len(text)-3]))
	if err != nil || !h.Cut || len(h.Failures) != 0 || len(h.Phases) != 1 {
		t.Errorf("got %+v, error %v", h, err)
	}
}

func TestReadMalformed(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":   "hello\n",
		"nothing":   "{}\n",
		"unknown":   `{"else":{}}` + "\n",
		"bad type":  `{"frame":{"t":"x"}}` + "\n",
		"very long": `{"failure":{"text":"` + strings.Repeat("x", 5<<20) + "\"}}\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := history.Read(strings.NewReader(text)); !errors.Is(err, history.ErrMalformed) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// failing refuses to be written to.
type failing struct{}

var errFull = errors.New("full")

func (failing) Write([]byte) (int, error) { return 0, errFull }
func (failing) Close() error              { return nil }

func TestRecorderTellsErrorsInTheEnd(t *testing.T) {
	r := history.NewRecorder(failing{})
	r.Phase(history.Loading)
	r.Fail("node %s", "n1")
	if err := r.Close(); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

func TestClockRises(t *testing.T) {
	var b buffer
	r := history.NewRecorder(&b)
	if a, b := r.Now(), r.Now(); a < 0 || b < a {
		t.Errorf("%d, then %d", a, b)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(record(whole()))
	f.Add([]byte(`{"run":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := history.Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		again, err := history.Read(bytes.NewReader(record(h)))
		if err != nil {
			t.Fatal(err)
		}
		again.Cut = h.Cut
		if len(again.Frames) != len(h.Frames) || len(again.Publishes) != len(h.Publishes) {
			t.Errorf("%d frames, %d publishes became %d, %d",
				len(h.Frames), len(h.Publishes), len(again.Frames), len(again.Publishes))
		}
	})
}

func TestDigest(t *testing.T) {
	if a, b := history.Digest("x", []byte("y")), history.Digest("x", []byte("z")); a == b || len(a) != 64 {
		t.Errorf("%s, %s", a, b)
	}
}

var _ io.WriteCloser = (*buffer)(nil)
