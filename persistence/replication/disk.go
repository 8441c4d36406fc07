package replication

const (
	// maxUndurable bounds the writes that a node lets others ask of it before
	// its disk has reported them. Its own turns are bounded by whoever
	// proposes them.
	maxUndurable = 1 << 14
	maxRuns      = 256
	maxHeld      = 8
)

// disk counts the writes that were asked for and those that are durable, and
// holds back what may only be said once a write is durable. Writes become
// durable in their order.
type disk struct {
	written uint64
	durable uint64 // <= written

	// What to acknowledge, and to whom: the newest claim only.
	acker string
	claim Claim
	runs  []run

	held []held
}

// run says that with the n writes from write at on, the n turns from turn on
// become durable, one by one: a stream of turns is one run.
type run struct{ at, turn, n uint64 }

// held is an answer that waits for the write at.
type held struct {
	at   uint64
	send Send
}

func (d *disk) idle() bool { return d.written == d.durable && len(d.runs) == 0 && len(d.held) == 0 }

// full reports whether no more writes should be asked for on behalf of others.
func (d *disk) full() bool { return d.written-d.durable >= maxUndurable || len(d.runs) >= maxRuns }

// ack acknowledges the turn once all that was written so far is durable.
func (d *disk) ack(to string, cl Claim, turn uint64, c *Core) {
	if d.acker != to || !d.claim.same(cl) {
		d.runs = d.runs[:0]
	}
	d.acker, d.claim = to, cl
	if n := len(d.runs); n > 0 {
		last := &d.runs[n-1]
		switch at, top := last.at+last.n-1, last.turn+last.n-1; {
		case at == d.written && top == turn:
			return // waits for just that already
		case at+1 == d.written && top+1 == turn:
			last.n++
			d.settle(c)
			return
		}
	}
	d.runs = append(d.runs, run{at: d.written, turn: turn, n: 1})
	d.settle(c)
}

// hold sends the message once all that was written so far is durable. A message
// of the same kind to the same node that still waits is replaced.
func (d *disk) hold(to string, m Message, c *Core) {
	h := held{at: d.written, send: Send{To: to, Message: m}}
	if d.durable >= h.at || c.broken == promiseUnwritten {
		c.send(to, m)
		return
	}
	for i := range d.held {
		if d.held[i].send.To == to && sameKind(d.held[i].send.Message, m) {
			d.held = append(d.held[:i], d.held[i+1:]...)
			break
		}
	}
	if len(d.held) == maxHeld {
		d.held = d.held[1:]
		c.dropped++
	}
	d.held = append(d.held, h)
}

func sameKind(a, b Message) bool {
	_, pa := a.(Promise)
	_, pb := b.(Promise)
	return pa == pb // only promises and fetched copies are ever held
}

// report takes note that the oldest n writes not yet reported are durable.
func (d *disk) report(n int, c *Core) {
	d.durable = min(d.written, d.durable+uint64(max(0, n)))
	d.settle(c)
	for len(d.held) > 0 && d.held[0].at <= d.durable {
		c.out.Sends = append(c.out.Sends, d.held[0].send)
		d.held = d.held[1:]
	}
}

// settle acknowledges what has become durable, in one message.
func (d *disk) settle(c *Core) {
	var turn uint64
	some := false
	for len(d.runs) > 0 && (d.runs[0].at <= d.durable || c.broken == ackEarly) {
		r := &d.runs[0]
		done := min(r.n, d.durable+1-r.at)
		if c.broken == ackEarly {
			done = r.n
		}
		turn, some = r.turn+done-1, true
		if done < r.n {
			r.at, r.turn, r.n = r.at+done, r.turn+done, r.n-done
			break
		}
		d.runs = d.runs[:copy(d.runs, d.runs[1:])]
	}
	if some {
		c.send(d.acker, Ack{Claim: d.claim, Life: c.opts.Life, Turn: turn})
	}
}
