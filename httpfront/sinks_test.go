package httpfront_test

import (
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/httpfront"
)

// TestKafkaStatus checks the shape, with and without Kafka.
func TestKafkaStatus(t *testing.T) {
	for name, tt := range map[string]struct {
		kafka func() httpfront.KafkaStatus
		want  string
	}{
		"none": {nil, `{"producer":{"connected":false},"consumer":{"connected":false,"currentAggregation":{}}}`},
		"both": {func() httpfront.KafkaStatus {
			return httpfront.KafkaStatus{Producer: true, Consumer: true, Aggregation: map[string]int{"currentBuffer": 3}}
		}, `{"producer":{"connected":true},"consumer":{"connected":true,"currentAggregation":{"currentBuffer":3}}}`},
	} {
		_, addr := start(t, &fakeRooms{}, func(c *httpfront.Config) { c.Kafka = tt.kafka })
		if r := roundTrip(t, addr, get("/kafka/status", "")); r.status != 200 || string(r.body) != tt.want {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}

// TestReadyTellsOfSinks checks that what waits for a sink is told, and changes
// nothing else.
func TestReadyTellsOfSinks(t *testing.T) {
	rooms := &fakeRooms{sinks: []actors.SinkInfo{{Name: "messages", Waiting: 3, Bytes: 99, Failing: 1, Dropped: 2}}}
	_, addr := start(t, rooms)
	want := `{"status":"ready","sinks":[{"name":"messages","waiting":3,"bytes":99,"failing":1,"dropped":2}]}`
	if r := roundTrip(t, addr, get("/ready", "")); r.status != 200 || string(r.body) != want {
		t.Errorf("got %d %s", r.status, r.body)
	}
}
