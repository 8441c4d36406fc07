package fanout

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// detached is the shards and their poller.
type detached struct {
	shards  []*shard
	poller  *poller
	next    atomic.Uint32
	running sync.WaitGroup
}

func (d *detached) open(cfg Config) error {
	if cfg.Portable {
		return nil
	}
	p, err := openPoller()
	if err != nil {
		return err
	}
	d.poller = p
	for i := range cfg.Shards {
		d.shards = append(d.shards, newShard(cfg, p, i, cfg.Shards))
	}
	for _, s := range d.shards {
		d.running.Go(s.run)
	}
	pending := make([][]command, cfg.Shards)
	go p.run(func(slot int32, gen, events uint32) {
		i := int(slot) % cfg.Shards
		pending[i] = append(pending[i], command{kind: cmdReady, slot: slot, gen: gen, events: events})
	}, func() {
		for i, cs := range pending {
			if len(cs) > 0 {
				d.shards[i].inbox.post(cs...)
				pending[i] = cs[:0]
			}
		}
	})
	return nil
}

// add detaches the connection, sends the first bytes while nobody else knows
// of the descriptor, and hands it to a shard. It reports false, and leaves the
// connection alone, for those that cannot be detached.
func (d *detached) add(st *Stream, spec Spec) bool {
	fd, ok := detach(spec.Conn)
	if !ok {
		return false
	}
	s := d.shards[d.next.Add(1)%uint32(len(d.shards))]
	st.home, st.fd = s, int32(fd)
	if spec.Started != nil {
		spec.Started(st)
	}
	w, errno := send(st.fd, spec.First)
	if errno != 0 && errno != unix.EAGAIN {
		closeFD(st.fd)
		st.gone = true
		spec.Log.Release(spec.From)
		spec.Owner.StreamClosed(ReasonClient)
		return true
	}
	s.post(command{kind: cmdJoin, stream: st, bytes: spec.First[w:], from: spec.From, ttl: spec.TTL, expires: spec.Expires})
	return true
}

func (d *detached) homes() []home {
	var hs []home
	for _, s := range d.shards {
		hs = append(hs, s)
	}
	return hs
}

func (d *detached) counters() []*counters {
	var cs []*counters
	for _, s := range d.shards {
		cs = append(cs, &s.stats)
	}
	return cs
}

func (d *detached) close() {
	for _, s := range d.shards {
		s.inbox.shut()
	}
	d.running.Wait()
	if d.poller != nil {
		d.poller.close()
	}
}
