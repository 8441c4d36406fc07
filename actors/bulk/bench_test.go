package bulk_test

import (
	"fmt"
	"testing"

	"github.com/parlor-sse/parlor/actors/bulk"
	"github.com/parlor-sse/parlor/actors/wire"
)

// BenchmarkCarry takes messages from one node to another over channels, with
// all that is done to their bytes.
func BenchmarkCarry(b *testing.B) {
	for _, size := range []int{1 << 20, 64 << 20} {
		b.Run(fmt.Sprint(size>>20, "MiB"), func(b *testing.B) {
			arrived := make(chan struct{})
			var ends [2]*bulk.Bulk
			var lines [2]chan []byte
			done := make(chan struct{})
			defer close(done)
			for i := range ends {
				lines[i] = make(chan []byte, 64)
				end, err := bulk.Open(bulk.Config{
					Send:    func(_ string, m wire.Message) { lines[1-i] <- wire.Append(nil, m) },
					Deliver: func(string, []byte) { arrived <- struct{}{} },
				})
				if err != nil {
					b.Fatal(err)
				}
				defer end.Close()
				ends[i] = end
			}
			for i := range ends {
				go func() {
					for {
						select {
						case <-done:
							return
						case line := <-lines[i]:
							m, err := wire.Decode(line)
							if err != nil {
								panic(err)
							}
							ends[i].Receive("other", m)
						}
					}
				}()
			}
			m := message(1, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				// A room of its own each: the same again is not carried while the sender
				// has not heard that it arrived.
				ends[0].Carry("other", room(fmt.Sprint(i)), m)
				<-arrived
			}
		})
	}
}
