package fanout

// Reason says why a stream ended. The same words label the metric and the log.
type Reason uint8

const (
	ReasonClient   Reason = iota // the peer closed or reset the connection
	ReasonSlow                   // it fell too far behind and its policy is to close
	ReasonStalled                // it took nothing for too long
	ReasonOverrun                // the log moved past it
	ReasonSpoke                  // it sent bytes after its request
	ReasonExpired                // its time to live is over
	ReasonKicked                 // somebody with the right to do so closed it
	ReasonLost                   // its room could not be reached any more
	ReasonReplaced               // another stream has taken its place
	ReasonShutdown               // the node is stopping
	ReasonError                  // the connection failed otherwise
	reasonCount
)

// String returns the reason's label.
func (r Reason) String() string {
	return [reasonCount]string{
		"client", "slow", "stalled", "overrun", "spoke", "expired", "kicked", "lost", "replaced", "shutdown", "error",
	}[r]
}

// Reasons returns all reasons, for registering metrics.
func Reasons() []Reason {
	all := make([]Reason, reasonCount)
	for i := range all {
		all[i] = Reason(i)
	}
	return all
}

// Policy says what becomes of a stream that falls too far behind.
type Policy uint8

const (
	// Close ends the stream; its client comes back with its last id.
	Close Policy = iota
	// Gap skips what is too old, keeps the newest messages, and tells the client
	// what it misses.
	Gap
	// Latest skips to the newest message, and tells the client what it misses.
	Latest
)

// String returns the policy's name, as it stands on the command line.
func (p Policy) String() string { return [...]string{"close", "gap", "latest"}[p] }
