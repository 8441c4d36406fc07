package floor

// The operations of the floor server, besides those of a source of messages:
// traffic.OpOpen, of which only the size counts, and traffic.OpPublish.
const (
	OpListen = "listen" // listens; answered by a ListenReport
	// OpDrop closes all connections. The floor server does not look for those
	// that clients have closed, since a server that only sends need not.
	OpDrop = "drop"
)

// ListenReport says where the floor server listens.
type ListenReport struct {
	Addr string `json:"addr"`
}
