package sseclients

import (
	"errors"
	"io"
	"runtime"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/actors/fanout"
)

// benchClients is how many clients the benchmarks have.
const benchClients = 100

// BenchmarkBroadcast sends to clients that take everything, as fast as they do.
// The process is both ends of the streams.
func BenchmarkBroadcast(b *testing.B) {
	f, finish := benchFront(b)
	data := map[string]string{"stock": "AAPL", "price": "123.45"}
	sent := 0
	for b.Loop() {
		for {
			_, err := f.Broadcast("stockUpdate", data)
			if err == nil {
				sent++
				break
			}
			if !errors.Is(err, ErrOverloaded) {
				b.Fatal(err)
			}
			runtime.Gosched()
		}
	}
	if n := f.Len(); n != benchClients {
		b.Errorf("%d clients are left: %+v", n, f.Stats())
	}
	finish()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(sent*benchClients), "ns/delivery")
}

// benchFront opens streams whose clients read all that comes; finish ends them.
func benchFront(b *testing.B) (f *front, finish func()) {
	cfg := DefaultConfig()
	f = start(b, cfg, fanout.DefaultConfig(), serveNetHTTP)
	var readers sync.WaitGroup
	for i := range benchClients {
		p := f.connect("clientId=" + string(rune('A'+i%26)) + string(rune('a'+i/26)))
		readers.Go(func() { _, _ = io.Copy(io.Discard, p.conn) })
	}
	return f, func() { f.Close(); readers.Wait() }
}
