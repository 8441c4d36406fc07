package sseclients

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors/sse"
)

func TestWhatCannotBeSent(t *testing.T) {
	cfg := DefaultConfig()
	cfg.QueueBytes = 1 << 10
	m, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, tc := range []struct {
		name, event string
		data        any
		want        error
	}{
		{"no name", "", 1, ErrBadEvent},
		{"two lines", "a\nid: 7", 1, ErrBadEvent},
		{"long name", strings.Repeat("a", sse.MaxNameLen+1), 1, ErrBadEvent},
		{"no JSON form", "e", math.Inf(1), ErrBadData},
		{"a channel", "e", make(chan int), ErrBadData},
		{"raw and malformed", "e", json.RawMessage(`{"a":`), ErrBadData},
		{"raw and not UTF-8", "e", json.RawMessage("\"\xff\""), ErrBadData},
		{"too large", "e", strings.Repeat("a", 1<<10), ErrTooLarge},
		{"nobody is there", "e", 1, nil},
	} {
		if n, err := m.Broadcast(tc.event, tc.data); n != 0 || !errors.Is(err, tc.want) {
			t.Errorf("%s: %d, %v", tc.name, n, err)
		}
		want := tc.want
		if want == nil {
			want = ErrUnknownClient
		}
		if err := m.SendEvent("a", tc.event, tc.data); !errors.Is(err, want) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

// FuzzRender checks that whatever is sent is one event with that name and with
// data that means the same.
func FuzzRender(f *testing.F) {
	f.Add("e", []byte(`{"a":[1,"\u2028\n"]}`))
	f.Add("e\ndata: x", []byte("null"))
	f.Add("stockUpdate", []byte("\"\u2028 < \xff\""))
	m := &Manager{cfg: DefaultConfig()}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		frame, err := m.render(name, json.RawMessage(data))
		if err != nil {
			return
		}
		var events []sse.Event
		p := sse.NewParser(sse.Options{})
		if err := p.Feed(frame, func(e sse.Event) { e.Data = bytes.Clone(e.Data); events = append(events, e) }); err != nil {
			t.Fatal(err)
		}
		if len(events) != 1 || events[0].Name != name || events[0].ID != "" {
			t.Fatalf("%q: %+v", frame, events)
		}
		var want bytes.Buffer
		if err := json.Compact(&want, data); err != nil || !bytes.Equal(want.Bytes(), events[0].Data) {
			t.Fatalf("%q became %q: %v", data, events[0].Data, err)
		}
	})
}
