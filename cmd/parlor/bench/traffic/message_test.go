package traffic_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

func TestMessageRoundTrip(t *testing.T) {
	for _, m := range []traffic.Message{
		{},
		{Source: 7, N: 42, Sent: 123456789},
		{Source: traffic.MaxSources - 1, N: math.MaxUint32, Sent: math.MaxInt64},
	} {
		for _, size := range []int{0, traffic.MinSize, 200, 4096} {
			body := traffic.AppendMessage(nil, m, size)
			if want := max(size, traffic.MinSize); len(body) != want {
				t.Errorf("size %d: got %d bytes, want %d", size, len(body), want)
			}
			if !json.Valid(body) {
				t.Errorf("not JSON: %s", body)
			}
			// A server may pass it on with fields before and after.
			wrapped := append(append([]byte(`{"room":"a","data":`), body...), '}')
			for _, data := range [][]byte{body, wrapped} {
				if got, ok := traffic.ParseMessage(data); !ok || got != m {
					t.Errorf("ParseMessage(%s) = %+v, %v, want %+v", data, got, ok, m)
				}
			}
		}
	}
}

func TestParseMessageRefusesOthers(t *testing.T) {
	for _, data := range []string{
		"", "Connected to SSE stream", `{"bench":"`, `{"bench":"0001.0000000001.00000000000000000`,
		`{"bench":"000x.0000000001.0000000000000000001"}`,
		`{"bench":"0001-0000000001.0000000000000000001"}`,
	} {
		if m, ok := traffic.ParseMessage([]byte(data)); ok {
			t.Errorf("ParseMessage(%q) = %+v", data, m)
		}
	}
}

func TestRoomNames(t *testing.T) {
	rooms := traffic.Rooms{Prefix: "bench", Count: 3}
	if got := rooms.Path("/connect?room={room}&replay=0", 2); got != "/connect?room=bench-2&replay=0" {
		t.Errorf("Path = %q", got)
	}
}
