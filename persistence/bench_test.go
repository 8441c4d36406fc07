package persistence_test

import (
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

type channelOwner chan int

func (o channelOwner) Committed(n int, _ error) { o <- n }

// BenchmarkCommitter measures what the committer itself costs a write.
func BenchmarkCommitter(b *testing.B) {
	c := openCommitter(b, fakeStore{commit: func([]persistence.Write) error { return nil }}, persistence.CommitterConfig{})
	defer c.Close()
	committed := make(channelOwner, 1<<16)
	w := testWrite(1)
	b.ReportAllocs()
	inFlight := 0
	for b.Loop() {
		for inFlight >= 1000 {
			inFlight -= <-committed
		}
		if err := c.Submit(w, committed); err != nil {
			b.Fatal(err)
		}
		inFlight++
	}
	for inFlight > 0 {
		inFlight -= <-committed
	}
}

func BenchmarkRecord(b *testing.B) {
	r := testWrite(1).Turn.Records[0]
	r.Event, r.Data = "broadcast", make([]byte, 200)
	stored := persistence.AppendRecord(nil, &r)
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		buf := make([]byte, 0, 512)
		for b.Loop() {
			buf = persistence.AppendRecord(buf[:0], &r)
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := persistence.DecodeRecord(stored); err != nil {
				b.Fatal(err)
			}
		}
	})
}
