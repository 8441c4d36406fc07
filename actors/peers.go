package actors

import (
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/parlor-sse/parlor/actors/bulk"
	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
)

// Signs of life between nodes.
const (
	contactEvery  = 200 * time.Millisecond
	contactWithin = time.Second // a node that was silent for longer is not counted on
)

// peers speaks to the processes of other nodes and knows who was heard of
// lately. Its methods may be called from any goroutine and do not block.
type peers struct {
	node    *node
	members Membership
	bulk    *bulk.Bulk

	mu     sync.RWMutex
	heard  map[string]time.Time // guarded by mu; by node
	mutual map[string]time.Time // guarded by mu; when a node last said that it hears this one
}

func newPeers(n *node, members Membership) *peers {
	return &peers{node: n, members: members, heard: make(map[string]time.Time), mutual: make(map[string]time.Time)}
}

// send sends a message to a process of another node, or loses it. Messages from
// one goroutine to one node keep their order.
func (p *peers) send(node, process string, m wire.Message) {
	p.post(node, process, packed(m))
}

// carry sends a message about a room to the copies of another node, or loses it:
// a large one in parts, beside all else that the two have to say to each other.
func (p *peers) carry(node string, room persistence.RoomKey, m wire.Message) {
	b := packed(m)
	if len(b.Value) > bulk.ChunkBytes {
		p.bulk.Carry(node, room, b.Value)
		return
	}
	p.post(node, replicasProcess, b)
}

func (p *peers) post(node, process string, b *wrapperspb.BytesValue) {
	pid := p.pid(node, process)
	if pid == nil {
		p.node.metrics.unaddressed.Inc()
		return
	}
	p.node.root.RequestWithCustomSender(pid, b, &actor.PID{Address: p.node.rooms.Address, Id: process})
}

// pid returns a process of another node, or nil for a node of unknown address.
func (p *peers) pid(node, process string) *actor.PID {
	address, ok := p.members.Address(node)
	if !ok {
		return nil
	}
	return &actor.PID{Address: address, Id: process}
}

// packed returns a message as remote carries it.
func packed(m wire.Message) *wrapperspb.BytesValue {
	return &wrapperspb.BytesValue{Value: wire.Append(nil, m)}
}

// unpacked returns a message of another node and the name of the node, or false
// for what is none of ours.
func (p *peers) unpacked(message any) (from string, m wire.Message, ok bool) {
	_, payload, sender := actor.UnwrapEnvelope(message)
	b, isBytes := payload.(*wrapperspb.BytesValue)
	if !isBytes || sender == nil {
		return "", nil, false
	}
	from, known := p.members.NodeAt(sender.Address)
	if !known {
		return "", nil, false
	}
	m, ok = p.decoded(from, b.GetValue())
	return from, m, ok
}

// decoded reads a message of another node.
func (p *peers) decoded(from string, b []byte) (wire.Message, bool) {
	m, err := wire.Decode(b)
	if err != nil {
		p.node.metrics.undecoded.Inc()
		p.node.log.Warn("message of another node not understood", "node", from, "err", err)
	}
	return m, err == nil
}

// met notes that a node was heard of, and whether it hears this one.
func (p *peers) met(node string, hears bool) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard[node] = now
	if hears {
		p.mutual[node] = now
	}
}

// contact reports whether a node was heard of lately and heard this one: where
// only one direction is cut nothing can be agreed on.
func (p *peers) contact(node string) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return time.Since(p.mutual[node]) < contactWithin
}

// hears reports whether a node was heard of lately.
func (p *peers) hears(node string) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return time.Since(p.heard[node]) < contactWithin
}

// greet sends a sign of life to all nodes of the rings that count.
func (p *peers) greet() {
	v := p.node.place.view.Load()
	if v == nil {
		return
	}
	greeted := map[string]bool{p.node.cfg.Node: true}
	for i := len(v.Rings) - 1; i >= 0; i-- {
		for _, m := range v.Rings[i].Members() {
			if !greeted[m.Name] {
				greeted[m.Name] = true
				p.send(m.Name, replicasProcess, wire.Contact{Hears: p.hears(m.Name)})
			}
		}
	}
	p.forget(greeted)
}

// forget drops what is known of nodes that are in no ring.
func (p *peers) forget(known map[string]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for node := range p.heard {
		if !known[node] {
			delete(p.heard, node)
			delete(p.mutual, node)
		}
	}
}
