package actors

import (
	"sync"

	"github.com/parlor-sse/parlor/actors/bulk"
	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

// maxParcels bounds the large messages that wait to be written down. What they
// hold they share with the copies.
const maxParcels = 64

// heavyPost sends what the copies of rooms say to each other. They say it with
// locks held, so a message that takes its time to be written down is left to
// another goroutine.
type heavyPost struct {
	peers   *peers
	waiting chan parcel
	stop    chan struct{}
	work    sync.WaitGroup
}

// parcel is a message that has not been written down.
type parcel struct {
	node    string
	room    persistence.RoomKey
	message replication.Message
}

func openHeavyPost(p *peers) *heavyPost {
	h := &heavyPost{peers: p, waiting: make(chan parcel, maxParcels), stop: make(chan struct{})}
	h.work.Go(h.run)
	return h
}

func (h *heavyPost) close() {
	close(h.stop)
	h.work.Wait()
}

// send sends a message, or loses it. It does not block.
func (h *heavyPost) send(node string, room persistence.RoomKey, m replication.Message) {
	if storageIn(m).Bytes() <= bulk.ChunkBytes {
		h.peers.carry(node, room, wire.Replicate{Room: room, Message: m})
		return
	}
	select {
	case h.waiting <- parcel{node, room, m}:
	default:
		h.peers.node.metrics.crowdedOut.Inc()
	}
}

func (h *heavyPost) run() {
	for {
		select {
		case <-h.stop:
			return
		case m := <-h.waiting:
			h.peers.carry(m.node, m.room, wire.Replicate{Room: m.room, Message: m.message})
		}
	}
}

// storageIn returns the storage that a message brings, or nil.
func storageIn(m replication.Message) *persistence.Storage {
	switch m := m.(type) {
	case replication.Sync:
		return m.Log.Storage
	case replication.Fetched:
		return m.Log.Storage
	case replication.Copied:
		return m.Log.Storage
	}
	return nil
}
