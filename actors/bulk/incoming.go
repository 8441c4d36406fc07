package bulk

import (
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/parlor-sse/parlor/actors/wire"
)

// incoming is a message being put together. It takes memory as its parts come,
// whatever its offer said.
type incoming struct {
	// Static after construction.
	from string
	id   uint64
	size int
	sum  uint64

	next   int            // from where on nothing was asked for yet
	window []piece        // asked for; contiguous up to next, at most inFlight, the first of them missing
	parts  [][]byte       // what comes before the window
	have   int            // bytes of the parts
	digest *xxhash.Digest // of the parts
	moved  time.Time      // when a part came, or the sender said that it will
}

// piece is a part that was asked for.
type piece struct {
	offset int
	size   int
	asked  time.Time
	data   []byte // nil until it comes
}

func newIncoming(o offer, now time.Time) *incoming {
	return &incoming{
		from: o.from, id: o.offer.ID, size: int(o.offer.Bytes), sum: o.offer.Sum,
		digest: xxhash.New(), moved: now,
	}
}

// take takes a part, or says why it is of no use.
func (a *incoming) take(m wire.Part) (ignored string) {
	i := slices.IndexFunc(a.window, func(p piece) bool { return uint64(p.offset) == m.Offset })
	switch {
	case i < 0 || a.window[i].data != nil:
		return ignoredRepeated
	case len(m.Data) != a.window[i].size:
		return ignoredMalformed
	}
	a.window[i].data = m.Data
	return ""
}

// advance adds to the parts what follows on them, and reports whether they are
// all there.
func (a *incoming) advance() bool {
	for len(a.window) > 0 && a.window[0].data != nil {
		data := a.window[0].data
		_, _ = a.digest.Write(data) // never fails
		a.parts = append(a.parts, data)
		a.have += len(data)
		a.window = slices.Delete(a.window, 0, 1)
	}
	return a.complete()
}

func (a *incoming) complete() bool { return a.have == a.size }

// sound reports whether the parts are what was offered.
func (a *incoming) sound() bool { return a.digest.Sum64() == a.sum }

// join returns the message, and lets go of its parts.
func (a *incoming) join() []byte {
	if len(a.parts) == 1 {
		return a.parts[0]
	}
	b := make([]byte, 0, a.size)
	for i, p := range a.parts {
		b = append(b, p...)
		a.parts[i] = nil
	}
	return b
}
