package fanout

import "sync"

// maxSpare is for how many commands an inbox keeps room.
const maxSpare = 1024

// inbox is how other goroutines reach a home. Nothing in it blocks.
type inbox struct {
	signal chan struct{} // holds a token while there may be something to take

	mu       sync.Mutex
	commands []command // guarded by mu
	dirty    []*group  // guarded by mu
	closed   bool      // guarded by mu

	// Owned by the taker: what the last take returned, to be used again.
	takenCommands []command
	takenDirty    []*group
}

func newInbox() *inbox { return &inbox{signal: make(chan struct{}, 1)} }

// post adds commands, and reports false if the home has stopped.
func (in *inbox) post(cs ...command) bool {
	in.mu.Lock()
	open := !in.closed
	if open {
		in.commands = append(in.commands, cs...)
	}
	in.mu.Unlock()
	in.ring()
	return open
}

// postDirty adds a group whose log has more.
func (in *inbox) postDirty(g *group) {
	in.mu.Lock()
	in.dirty = append(in.dirty, g)
	in.mu.Unlock()
	in.ring()
}

// shut makes take report that the home is to stop.
func (in *inbox) shut() {
	in.mu.Lock()
	in.closed = true
	in.mu.Unlock()
	in.ring()
}

func (in *inbox) ring() {
	select {
	case in.signal <- struct{}{}:
	default:
	}
}

// take returns what was posted since the last take, and whether the home is to
// stop: then nothing will be posted any more. What it returned before is used
// again.
func (in *inbox) take() (commands []command, dirty []*group, stop bool) {
	clear(in.takenCommands)
	clear(in.takenDirty)
	if cap(in.takenCommands) > maxSpare {
		in.takenCommands = nil // a burst is over; its room is not kept
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	commands, dirty = in.commands, in.dirty
	in.commands, in.dirty = in.takenCommands[:0], in.takenDirty[:0]
	in.takenCommands, in.takenDirty = commands, dirty
	return commands, dirty, in.closed
}
