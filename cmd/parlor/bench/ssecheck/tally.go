package ssecheck

// Tally counts what streams received, and what was wrong with it.
type Tally struct {
	Reads    uint64 `json:"reads"` // pieces of a stream, as the socket gave them
	Bytes    uint64 `json:"bytes"`
	Messages uint64 `json:"messages"` // published messages
	Others   uint64 `json:"others"`   // events that are not published messages: greetings, updates
	Comments uint64 `json:"comments"` // heartbeats

	Missing    uint64 `json:"missing"`    // skipped without a word
	Duplicates uint64 `json:"duplicates"` // the same as the one before
	OutOfOrder uint64 `json:"outOfOrder"` // older than the one before
	Malformed  uint64 `json:"malformed"`  // messages without a usable id
	Gaps       uint64 `json:"gaps"`       // losses that the server announced
	Resets     uint64 `json:"resets"`     // positions that the server did not know
}

// Add adds what other counted.
func (t *Tally) Add(other Tally) {
	t.Reads += other.Reads
	t.Bytes += other.Bytes
	t.Messages += other.Messages
	t.Others += other.Others
	t.Comments += other.Comments
	t.Missing += other.Missing
	t.Duplicates += other.Duplicates
	t.OutOfOrder += other.OutOfOrder
	t.Malformed += other.Malformed
	t.Gaps += other.Gaps
	t.Resets += other.Resets
}

// Sub is what was counted since the tally was earlier.
func (t Tally) Sub(earlier Tally) Tally {
	t.Reads -= earlier.Reads
	t.Bytes -= earlier.Bytes
	t.Messages -= earlier.Messages
	t.Others -= earlier.Others
	t.Comments -= earlier.Comments
	t.Missing -= earlier.Missing
	t.Duplicates -= earlier.Duplicates
	t.OutOfOrder -= earlier.OutOfOrder
	t.Malformed -= earlier.Malformed
	t.Gaps -= earlier.Gaps
	t.Resets -= earlier.Resets
	return t
}

// Deliveries is how many events arrived, of whatever kind.
func (t Tally) Deliveries() uint64 { return t.Messages + t.Others }

// Wrong reports whether anything arrived, or failed to arrive, in breach of the
// rule "everything once and in order" without the server having said so.
func (t Tally) Wrong() bool {
	return t.Missing+t.Duplicates+t.OutOfOrder+t.Malformed > 0
}
