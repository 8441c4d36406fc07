package agree

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// Config says where a Node keeps its part and whom it talks to.
type Config struct {
	Name string // of the node
	Dir  string // a folder of its own, created if missing
	Port Port   // closed by Close

	// Address returns where a node's Raft listens now, host:port. It is called
	// from many goroutines and must not block.
	Address func(node string) (hostport string, ok bool)

	// Broken is called when the store fails, from any goroutine: the node must
	// stop, since it can keep no promise any more.
	Broken func(error)

	Logger *slog.Logger

	// Heartbeat is how long a follower does without a leader before it asks for
	// votes. Zero: 600 ms, which a busy machine of two cores keeps.
	Heartbeat time.Duration
}

// Times and sizes of Raft.
const (
	defaultHeartbeat = 600 * time.Millisecond
	commitInterval   = 25 * time.Millisecond // how late followers learn of a commit
	ioTimeout        = time.Second
	applyTimeout     = 2 * time.Second
	changeTimeout    = 2 * time.Second
	answerMost       = 10 * time.Second
	snapshotInterval = 30 * time.Second
	snapshotAfter    = 256 // entries
	trailingEntries  = 64
	keepSnapshots    = 2
	pooledConns      = 3 // a server
)

// Node is this node's part of the Raft group. Its methods may be called from
// any goroutine.
type Node struct {
	// Static after construction.
	id        raft.ServerID
	patience  time.Duration // with Raft's answers
	store     *store
	fsm       *fsm
	raft      *raft.Raft
	transport *raft.NetworkTransport
	stream    *stream
	log       *raftLog

	// asking is held for reading while Raft is asked something and waited for.
	// Raft forgets what lies in its channels when it is shut down, and who asked
	// would wait for ever.
	asking sync.RWMutex
	ended  bool // Guarded by asking

	closing sync.Once
	err     error // of closing
}

// Open opens the store in cfg.Dir and starts Raft. A node whose store is new
// does nothing until a leader adds it, or Bootstrap is called.
func Open(cfg Config) (*Node, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open agreement: %w", err)
	}
	st, err := openStore(cfg.Dir, cfg.Broken)
	if err != nil {
		return nil, fmt.Errorf("open agreement: %w", err)
	}
	id := Server{Node: cfg.Name, Store: st.id}.id()
	n := &Node{
		id: id, patience: answerMost,
		store: st, fsm: newFSM(), stream: newStream(cfg.Port, id), log: newRaftLog(cfg.Logger),
	}
	if err := n.start(cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("open agreement: %w", err), st.Close())
	}
	return n, nil
}

func (n *Node) start(cfg Config) error {
	snapshots, err := raft.NewFileSnapshotStoreWithLogger(cfg.Dir, keepSnapshots, n.log)
	if err != nil {
		return err
	}
	n.transport = raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		ServerAddressProvider:   addresses(cfg.Address),
		Logger:                  n.log,
		Stream:                  n.stream,
		MaxPool:                 pooledConns,
		Timeout:                 ioTimeout,
		MsgpackUseNewTimeFormat: true,
	})
	n.raft, err = raft.NewRaft(n.config(cfg), n.fsm, n.store, n.store, snapshots, n.transport)
	if err != nil {
		return errors.Join(err, n.transport.Close())
	}
	return nil
}

func (n *Node) config(cfg Config) *raft.Config {
	c := raft.DefaultConfig()
	c.LocalID = n.id
	c.Logger = n.log
	c.HeartbeatTimeout = cfg.Heartbeat
	if c.HeartbeatTimeout == 0 {
		c.HeartbeatTimeout = defaultHeartbeat
	}
	c.ElectionTimeout = c.HeartbeatTimeout
	c.LeaderLeaseTimeout = c.HeartbeatTimeout * 5 / 6 // shorter, so that an old leader ends before a new one begins
	c.CommitTimeout = commitInterval
	c.SnapshotInterval = snapshotInterval
	c.SnapshotThreshold = snapshotAfter
	c.TrailingLogs = trailingEntries
	c.ShutdownOnRemove = false // a removed node is added again when it comes back
	c.NoLegacyTelemetry = true
	return c
}

// errUnanswered says that Raft has not answered in time. What it was asked for
// may or may not come to be.
var errUnanswered = errors.New("raft does not answer")

// wait asks Raft something and waits for its answer. As a rule that comes at the
// latest when this node's lease is over; but a leader that goes on without the
// voter whose word a verification waits for never gives it, before it ends.
func (n *Node) wait(ask func() raft.Future) error {
	n.asking.RLock()
	defer n.asking.RUnlock()
	if n.ended {
		return raft.ErrRaftShutdown
	}
	answer := make(chan error, 1)
	f := ask()
	go func() { answer <- f.Error() }()
	timer := time.NewTimer(n.patience)
	defer timer.Stop()
	select {
	case err := <-answer:
		return err
	case <-timer.C:
		return errUnanswered
	}
}

// Store returns the id of this node's Raft store, which was made with it.
func (n *Node) Store() string { return n.store.id }

// Document returns the newest document that is known to be agreed, and a
// channel that is closed when there is another one. After a restart it is
// older for a while than what this node knew before.
func (n *Node) Document() (Document, <-chan struct{}) { return n.fsm.get() }

// Begun reports whether the store holds anything of a Raft group.
func (n *Node) Begun() bool {
	servers, err := n.Servers()
	return err != nil || len(servers) > 0 || n.raft.LastIndex() > 0
}

// Bootstrap begins a Raft group of these servers, all of them voters. It may
// be done once, on one of them, and only after all of them have agreed to it.
func (n *Node) Bootstrap(servers []Server) error {
	var c raft.Configuration
	for _, s := range servers {
		c.Servers = append(c.Servers, raft.Server{ID: s.id(), Address: s.address(), Suffrage: raft.Voter})
	}
	err := n.wait(func() raft.Future { return n.raft.BootstrapCluster(c) })
	if err != nil && !errors.Is(err, raft.ErrCantBootstrap) {
		return fmt.Errorf("bootstrap: %w", err)
	}
	return nil
}

// Leading reports whether this node leads, as far as it knows: its lease ends
// within a heartbeat of losing the majority. It is cheap.
func (n *Node) Leading() bool { return n.raft.State() == raft.Leader }

// Leader returns the name of the node that leads, empty if none is known.
func (n *Node) Leader() string {
	_, id := n.raft.LeaderWithID()
	node, _ := splitID(id)
	return node
}

// InContact reports whether a leader was heard within d, or this node leads.
// It is cheap.
func (n *Node) InContact(d time.Duration) bool {
	return n.Leading() || n.Leader() != "" && time.Since(n.raft.LastContact()) < d
}

// Leadership yields true when this node has begun to lead and false when it
// has ended. It must be read. A loss that is made good at once may be missed.
func (n *Node) Leadership() <-chan bool { return n.raft.LeaderCh() }

// Verify asks the majority whether this node still leads.
func (n *Node) Verify() error { return n.wait(n.raft.VerifyLeader) }

// Catch waits until the document holds all that was agreed before, which a new
// leader has to do before it thinks of changes.
func (n *Node) Catch() error {
	return n.wait(func() raft.Future { return n.raft.Barrier(applyTimeout) })
}

// Propose replaces the document by next, made from the one with the number
// before it. It returns when that is agreed, or ErrStale if another change
// came first. With another error it may or may not come to be agreed.
func (n *Node) Propose(next Document) error {
	b, err := json.Marshal(command{If: next.Number - 1, Next: next})
	if err != nil {
		return fmt.Errorf("propose document %d: %w", next.Number, err)
	}
	if len(b) > maxDocument {
		return fmt.Errorf("propose document %d: %d bytes: %w", next.Number, len(b), ErrInvalid)
	}
	var f raft.ApplyFuture
	if err := n.wait(func() raft.Future { f = n.raft.Apply(b, applyTimeout); return f }); err != nil {
		return fmt.Errorf("propose document %d: %w", next.Number, err)
	}
	if err, ok := f.Response().(error); ok {
		return fmt.Errorf("propose document %d: %w", next.Number, err)
	}
	return nil
}

// Applied returns the index of the newest entry that is part of the document,
// and Committed of the newest that the leader knows to be agreed.
func (n *Node) Applied() uint64 { return n.raft.AppliedIndex() }

// Committed returns the index of the newest entry known to be agreed.
func (n *Node) Committed() uint64 { return n.raft.CommitIndex() }

// Servers returns the members of the Raft group, as far as this node knows.
func (n *Node) Servers() ([]Server, error) {
	f := n.raft.GetConfiguration()
	if err := f.Error(); err != nil {
		return nil, fmt.Errorf("read servers: %w", err)
	}
	var servers []Server
	for _, s := range f.Configuration().Servers {
		servers = append(servers, fromRaft(s))
	}
	return servers, nil
}

// HasVote reports whether a node has a vote. It has one until it is agreed that
// it has none: a change that nobody may ever agree to counts for nothing.
func (n *Node) HasVote(node string) (bool, error) {
	f := n.raft.GetConfiguration()
	if err := f.Error(); err != nil {
		return false, fmt.Errorf("read servers: %w", err)
	}
	if f.Index() > n.raft.CommitIndex() {
		return true, nil
	}
	return slices.ContainsFunc(f.Configuration().Servers, func(s raft.Server) bool {
		name, _ := splitID(s.ID)
		return name == node && s.Suffrage == raft.Voter
	}), nil
}

// Tend makes one step of Autopilot. Only a leader can.
func (n *Node) Tend(s Step) error {
	var ask func() raft.Future
	switch s.Action {
	case AddServer:
		ask = func() raft.Future { return n.raft.AddNonvoter(s.Server.id(), s.Server.address(), 0, changeTimeout) }
	case AddVoter:
		ask = func() raft.Future { return n.raft.AddVoter(s.Server.id(), s.Server.address(), 0, changeTimeout) }
	case DemoteServer:
		ask = func() raft.Future { return n.raft.DemoteVoter(s.Server.id(), 0, changeTimeout) }
	case RemoveServer:
		ask = func() raft.Future { return n.raft.RemoveServer(s.Server.id(), 0, changeTimeout) }
	default:
		return nil
	}
	if err := n.wait(ask); err != nil {
		return fmt.Errorf("%s %s: %w", s.Action, s.Server.Node, err)
	}
	return nil
}

// HandOver makes another server lead, if this one does.
func (n *Node) HandOver() error {
	if !n.Leading() {
		return nil
	}
	if err := n.wait(n.raft.LeadershipTransfer); err != nil {
		return fmt.Errorf("hand over leadership: %w", err)
	}
	return nil
}

// Close ends Raft, closes the port and the store, and waits for all
// goroutines.
func (n *Node) Close() error {
	n.closing.Do(func() {
		n.log.muted.Store(true)
		err := n.stream.Close() // first, so that nothing waits for a peer
		n.asking.Lock()
		n.ended = true
		n.asking.Unlock()
		err = errors.Join(err, n.raft.Shutdown().Error(), n.transport.Close())
		n.transport.CloseStreams()
		n.stream.wait()
		n.err = errors.Join(err, n.store.Close())
	})
	return n.err
}
