package actors

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// runner makes the calls on a room's behaviour, one after the other, on a
// goroutine of its own while there are any: whatever a behaviour does, the
// room's actor goes on. Each call sees what the calls before it have stored,
// committed or not; that is safe since nothing that a call says leaves the room
// before all of that is committed, and a commit that fails ends the activation.
type runner struct {
	// Static after construction.
	key    persistence.RoomKey
	id     string
	kind   *Kind
	kinds  kinds
	hooks  hooks
	hooked bool // what happens to the room is told outside
	joins  bool // and so is each stream
	act    *activation
	seen   *audience // who listens
	log    *slog.Logger
	ctx    context.Context // ends with the activation
	end    context.CancelFunc
	done   func(ended) // tells the room's actor

	// Owned by the goroutine that makes the calls.
	storage *persistence.Storage
	alarm   persistence.Alarm

	mu      sync.Mutex
	calling atomic.Int64 // calls to other rooms that are under way
	holding atomic.Int64 // requests whose answers are held back

	queue  []*task // guarded by mu
	busy   bool    // guarded by mu; there is a goroutine
	closed bool    // guarded by mu; nothing is begun any more
}

// task is a call to be made.
type task struct {
	name    string              // of the method, for logs
	call    func(*turn) error   // makes the call; on the runner's goroutine
	after   func(*room, ended)  // takes what came of it; on the room's
	instead *persistence.Change // what is committed if the call ends the activation; nil for nothing

	message stashed  // for the room's next activation, if this one never makes the call; may be zero
	asked   *request // who waits for the answer; nil for nobody
}

// ended tells the room's actor that a call is over.
type ended struct {
	task *task
	turn *turn
	err  error // of the call; then the turn counts for nothing
	dead bool  // the call panicked or took too long: the activation is at its end
}

// submit adds a call to the queue. It reports false once the runner is closed.
func (r *runner) submit(t *task) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.queue = append(r.queue, t)
	if !r.busy {
		r.busy = true
		go r.work()
	}
	return true
}

// close ends the activation for the behaviour, and returns the calls that were
// not begun. One that is under way is left to itself: what it does counts for
// nothing any more.
func (r *runner) close() []*task {
	r.end()
	r.mu.Lock()
	defer r.mu.Unlock()
	rest := r.queue
	r.queue, r.closed = nil, true
	return rest
}

// work makes the calls until there are none.
func (r *runner) work() {
	for {
		r.mu.Lock()
		if r.closed || len(r.queue) == 0 {
			r.busy = false
			r.mu.Unlock()
			return
		}
		t := r.queue[0]
		r.queue[0] = nil
		r.queue = r.queue[1:]
		r.mu.Unlock()
		r.make(t)
	}
}

// make makes one call, takes on what it has stored, and tells the room.
func (r *runner) make(t *task) {
	e := ended{task: t, turn: r.begin(), err: ErrFailed, dead: true}
	overdue := time.AfterFunc(r.kind.Limit, func() {
		r.log.Error("call on room takes too long", "call", t.name, "limit", r.kind.Limit)
		r.done(ended{task: t, err: ErrFailed, dead: true})
	})
	// Deferred, because a call may also end its goroutine.
	defer func() {
		overdue.Stop()
		e.turn.over.Store(true)
		r.takeOn(&e)
		r.done(e)
	}()
	e.err, e.dead = r.protect(t, e.turn)
}

// takeOn makes what a call has stored what the next one finds, unless the call
// came to its end too late. After one that ended the activation what waits is the
// room's to take.
func (r *runner) takeOn(e *ended) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case e.dead:
		r.closed = true
	case e.err == nil && !r.closed:
		r.storage, r.alarm = e.turn.storage, e.turn.alarm
		r.calling.Add(int64(len(e.turn.out.calls)))
		if q := e.task.asked; q != nil && q.later {
			r.holding.Add(1)
		}
		for _, a := range e.turn.out.answers {
			a.to.answered = true
		}
	}
}

// settled returns what the calls that counted have stored. It may only be read.
func (r *runner) settled() *persistence.Storage {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.storage
}

// protect makes the call and turns a panic into an error.
func (r *runner) protect(t *task, turn *turn) (err error, dead bool) {
	defer func() {
		if p := recover(); p != nil {
			r.log.Error("call on room panicked", "call", t.name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err, dead = ErrFailed, true
		}
	}()
	return t.call(turn), false
}

func (t *turn) context() *Context { return &Context{Context: t.run.ctx, turn: t} }

// newRunner returns the runner of a room that stores s, which is the runner's
// from then on. The error is a panic of Kind.New.
func newRunner(r *room, s *persistence.Storage) (run *runner, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("behaviour not made: %v", p)
		}
	}()
	n, kind := r.node, r.node.kinds[r.key.Kind]
	ctx, cancel := context.WithCancel(context.Background())
	id := r.act.id
	self := r.self
	run = &runner{
		key: r.key, id: id, kind: kind, kinds: n.kinds, hooks: hooksOf(kind.New()), act: r.act, seen: r.audience,
		log: n.log.With("room", r.key.Name, "kind", r.key.Kind), ctx: ctx, end: cancel, storage: s, alarm: r.stored.alarm,
	}
	run.hooked, run.joins = n.cfg.Hooks != nil && !kind.Private, n.cfg.HookJoins
	run.done = func(e ended) { n.root.Send(self, e) }
	return run, nil
}
