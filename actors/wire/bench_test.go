package wire_test

import (
	"testing"

	"github.com/parlor-sse/parlor/actors/wire"
)

func BenchmarkAppend(b *testing.B) {
	for _, m := range hot() {
		b.Run(name(m), func(b *testing.B) {
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				dst = wire.Append(dst[:0], m)
			}
			b.ReportMetric(float64(len(dst)), "bytes")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, m := range hot() {
		b.Run(name(m), func(b *testing.B) {
			b.ReportAllocs()
			src := wire.Append(nil, m)
			for b.Loop() {
				if _, err := wire.Decode(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
