package cluster

// View is what a node knows of the agreement: the rings that count, and the
// settings that all members share. It is immutable and may be used from any
// goroutine.
type View struct {
	// Rings are those not retired, oldest first, never empty. The last one is
	// in force. Those before it count until their members have handed over.
	Rings []*Ring

	Cluster  string // its id, given when it was formed
	Leader   string // name of the node that leads; empty if none is known
	Replicas int    // copies of a room
	History  int    // messages a room keeps

	// Handover says of each member of the ring in force whether it has nothing
	// left to hand over for that ring.
	Handover map[string]bool
}

// Ring returns the ring in force.
func (v *View) Ring() *Ring { return v.Rings[len(v.Rings)-1] }

// pending returns how many members have something left to hand over for the
// ring in force. It works on a nil View.
func (v *View) pending() int {
	n := 0
	if v != nil {
		for _, done := range v.Handover {
			if !done {
				n++
			}
		}
	}
	return n
}
