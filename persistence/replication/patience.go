package replication

import "github.com/parlor-sse/parlor/persistence"

const (
	firstPatience = 5  // ticks without an answer before a message is repeated
	lastPatience  = 50 // what that grows to

	// bytesPerTick is how fast what is large has to be carried at least, or it is
	// asked for, or sent, again while it is on its way.
	bytesPerTick = 256 << 10
)

// patience is how long nothing was heard, and how long that may last before
// something is said again.
type patience struct{ idle, limit int }

// renew begins anew after something was heard.
func (p *patience) renew() { *p = patience{limit: firstPatience} }

// lost takes a tick, and reports whether it was the last that an answer to so
// many bytes may take. The next time it may take longer.
func (p *patience) lost(bytes uint64) bool {
	if p.idle++; p.idle < p.limit+ticksFor(bytes) {
		return false
	}
	p.idle, p.limit = 0, min(2*p.limit, lastPatience)
	return true
}

// ticksFor returns how many ticks it may take to carry so many bytes.
func ticksFor(bytes uint64) int {
	return int(min(bytes, persistence.MaxStorageBytes) / bytesPerTick)
}

// bulkOf returns how many ticks more an attempt may take that begins with a copy
// of so many bytes: it is fetched, and given to the members, and either may have
// to be tried twice.
func bulkOf(bytes uint64) int { return 4 * ticksFor(bytes) }
