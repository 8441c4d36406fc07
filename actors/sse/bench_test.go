package sse_test

import (
	"bytes"
	"testing"

	"github.com/parlor-sse/parlor/actors/sse"
)

var payload = bytes.Repeat([]byte(`{"k":"0123456"},`), 12) // about 200 bytes

func BenchmarkAppendEvent(b *testing.B) {
	e := sse.Event{Name: "broadcast", ID: "7-42", Data: payload}
	buf := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buf = sse.AppendEvent(buf[:0], e)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkFeed(b *testing.B) {
	frame := sse.AppendEvent(nil, sse.Event{Name: "broadcast", ID: "7-42", Data: payload})
	for _, bench := range []struct {
		name   string
		events int
	}{{"1 event a chunk", 1}, {"100 events a chunk", 100}} {
		b.Run(bench.name, func(b *testing.B) {
			chunk := bytes.Repeat(frame, bench.events)
			p := sse.NewParser(sse.Options{})
			n := 0
			b.ReportAllocs()
			b.SetBytes(int64(len(chunk)))
			for b.Loop() {
				if err := p.Feed(chunk, func(sse.Event) { n++ }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/event")
		})
	}
}
