package main

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestValueOf(t *testing.T) {
	for data, want := range map[string]float64{
		`{"payload":{"date":1704672000000,"times":42}}`: 42,
		`{"payload":{"times":-1.5},"value":3}`:          -1.5,
		`{"payload":{"times":0},"value":3}`:             3,
		`{"payload":{"times":"7"},"value":3}`:           3,
		`{"payload":7,"value":3}`:                       3,
		`{"payload":null,"value":3}`:                    3,
		`{"value":"x"}`:                                 0,
		`{"value":null}`:                                0,
		`{}`:                                            0,
		`[1]`:                                           0,
		`5`:                                             0,
	} {
		if got := valueOf([]byte(data)); got != want {
			t.Errorf("%s counts as %v, want %v", data, got, want)
		}
	}
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// numbered returns the event of a number, of one partition, said at noon and so
// many seconds.
func numbered(n int, partition int32) event {
	data := fmt.Appendf(nil, `{"payload":{"date":1704672000000,"times":%d}}`, n)
	return event{
		record: &kgo.Record{Partition: partition, Value: data, Timestamp: noon.Add(time.Duration(n) * time.Second)}, value: valueOf(data),
	}
}

// wantJSON wants a value to be marshalled to exactly that.
func wantJSON(t *testing.T, v any, want string) {
	t.Helper()
	got, err := json.Marshal(v)
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
}

func TestWindow(t *testing.T) {
	var w window
	wantJSON(t, w.current(), `{"currentBuffer":0,"stats":{"totalEvents":0,"sumOfValues":0,"minValue":null,"maxValue":null,"lastEventTime":null,"firstEventTime":null}}`)
	if _, open := w.deadline(); open {
		t.Error("an empty window is open")
	}
	for n := 1; n <= windowEvents; n++ {
		if full := w.add(numbered(n, int32(n%2)), noon.Add(time.Duration(n)*time.Second)); full != (n == windowEvents) {
			t.Errorf("full after %d: %v", n, full)
		}
	}
	if at, open := w.deadline(); !open || !at.Equal(noon.Add(31*time.Second)) {
		t.Errorf("to be closed at %v, %v", at, open)
	}
	wantJSON(t, w.sum(noon.Add(21*time.Second)), `{"id":"summary-1767355221000","timestamp":"2026-01-02T12:00:21.000Z",`+
		`"aggregationPeriod":{"start":"2026-01-02T12:00:01.000Z","end":"2026-01-02T12:00:21.000Z","durationMs":20000},`+
		`"statistics":{"totalEvents":10,"sumOfValues":55,"averageValue":5.5,"minValue":1,"maxValue":10},`+
		`"eventSample":[{"payload":{"date":1704672000000,"times":6}},{"payload":{"date":1704672000000,"times":7}},`+
		`{"payload":{"date":1704672000000,"times":8}},{"payload":{"date":1704672000000,"times":9}},{"payload":{"date":1704672000000,"times":10}}]}`)
	w.forget([]int32{1, 3})
	wantJSON(t, w.current(), `{"currentBuffer":5,"stats":{"totalEvents":5,"sumOfValues":30,"minValue":2,"maxValue":10,`+
		`"lastEventTime":"2026-01-02T12:00:10.000Z","firstEventTime":"2026-01-02T12:00:02.000Z"}}`)
	w.forget([]int32{0})
	if _, open := w.deadline(); open {
		t.Error("a window of which all was forgotten is open")
	}
}
