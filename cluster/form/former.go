package form

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/parlor-sse/parlor/cluster/agree"
)

// Peer is a node that is here.
type Peer struct {
	Member  agree.Member // as it would be in the first ring
	Cluster string       // that it belongs to
}

// Answer is what a node says to a proposal.
type Answer struct {
	Accepted bool   `json:"accepted"`
	Proposer string `json:"proposer,omitempty"` // of the proposal that it is bound to instead
	Why      string `json:"why,omitempty"`      // a sentence, if it is another reason
}

// Network is how a node asks others. Its methods may block until ctx ends.
type Network interface {
	// Peers returns the nodes that are here, this one included. It does not
	// block.
	Peers() []Peer
	// Propose asks the node to accept.
	Propose(ctx context.Context, to Peer, p Proposal) (Answer, error)
	// Pending asks the proposer of a proposal whether it may still come true.
	Pending(ctx context.Context, to Peer, cluster string) (bool, error)
	// Identify asks a node of a cluster whether this node may join.
	Identify(ctx context.Context, to Peer) error
}

// Config says what to form.
type Config struct {
	Node     string
	Expect   int // members of a new cluster
	Replicas int
	History  int

	// AloneAfter is how long a node that expects nobody else waits for a cluster
	// to be seen.
	AloneAfter time.Duration

	Record  *Record
	Network Network
	Logger  *slog.Logger
}

// giveUpAfter is how long a proposer waits for a member that is no longer here.
const giveUpAfter = 5 * time.Second

// stuckAfter is how often a wait without progress is said in the log.
const stuckAfter = 30 * time.Second

// Former brings a node into a cluster. Only one Step runs at a time.
type Former struct {
	cfg Config // Static after construction.

	// Owned by Step.
	began    time.Time
	proposed time.Time // the proposal held, if it is this node's own
	said     time.Time // when a wait was last logged
}

// New returns a Former that has done nothing yet.
func New(cfg Config) *Former { return &Former{cfg: cfg} }

// Step does what can be done now. It returns true once the node belongs to a
// cluster. An error means that the node can not keep its record and must stop.
func (f *Former) Step(ctx context.Context, now time.Time) (bool, error) {
	if f.began.IsZero() {
		f.began = now
	}
	if f.cfg.Record.Cluster() != "" {
		return true, nil
	}
	peers := f.cfg.Network.Peers()
	slices.SortFunc(peers, func(a, b Peer) int { return cmp.Compare(a.Member.Name, b.Member.Name) })
	if held := f.cfg.Record.Held(); held != nil {
		return f.pursue(ctx, now, *held, peers)
	}
	for _, p := range peers {
		if p.Cluster == "" {
			continue
		}
		if err := f.cfg.Network.Identify(ctx, p); err != nil {
			f.wait(now, "a cluster is here and does not let this node in yet", "asked", p.Member.Name, "error", err)
			continue
		}
		return f.cfg.Record.Join(p.Cluster)
	}
	return f.propose(ctx, now, peers)
}

// propose begins a proposal if it is this node's turn.
func (f *Former) propose(ctx context.Context, now time.Time, peers []Peer) (bool, error) {
	free := slices.DeleteFunc(slices.Clone(peers), func(p Peer) bool { return p.Cluster != "" })
	if len(free) < f.cfg.Expect || len(free) < len(peers) || free[0].Member.Name != f.cfg.Node {
		return false, nil
	}
	if f.cfg.Expect == 1 && now.Sub(f.began) < f.cfg.AloneAfter {
		return false, nil
	}
	p := Proposal{
		Cluster: newID(), Proposer: f.cfg.Node,
		Expect: f.cfg.Expect, Replicas: f.cfg.Replicas, History: f.cfg.History,
	}
	for _, peer := range free[:f.cfg.Expect] {
		p.Members = append(p.Members, peer.Member)
	}
	if ok, err := f.cfg.Record.Accept(p); !ok || err != nil {
		return false, err
	}
	f.proposed = now
	return f.pursue(ctx, now, p, peers)
}

// pursue carries on with the proposal that the node is bound to.
func (f *Former) pursue(ctx context.Context, now time.Time, held Proposal, peers []Peer) (bool, error) {
	other := false
	for _, p := range peers {
		if p.Cluster == held.Cluster {
			return f.cfg.Record.Join(held.Cluster) // it came true
		}
		other = other || p.Cluster != ""
	}
	if held.Proposer == f.cfg.Node {
		if other {
			return f.giveUp(held, "there is a cluster already")
		}
		return f.canvass(ctx, now, held, peers)
	}
	i := slices.IndexFunc(peers, func(p Peer) bool { return p.Member.Name == held.Proposer })
	if i < 0 {
		f.wait(now, "waiting for the node that proposed a cluster; if it is gone for good, start this node with an empty data directory",
			"proposer", held.Proposer)
		return false, nil
	}
	pending, err := f.cfg.Network.Pending(ctx, peers[i], held.Cluster)
	if err != nil || pending {
		return false, nil
	}
	_, err = f.cfg.Record.Release(held.Cluster)
	return false, err
}

// canvass asks all members of this node's own proposal.
func (f *Former) canvass(ctx context.Context, now time.Time, held Proposal, peers []Peer) (bool, error) {
	if f.proposed.IsZero() { // by the process before this one
		f.proposed = now
	}
	accepted := 0
	for _, m := range held.Members {
		if m.Name == f.cfg.Node {
			accepted++
			continue
		}
		i := slices.IndexFunc(peers, func(p Peer) bool { return p.Member.Name == m.Name })
		if i < 0 {
			if now.Sub(f.proposed) >= giveUpAfter {
				return f.giveUp(held, m.Name+" is no longer here")
			}
			continue
		}
		a, err := f.cfg.Network.Propose(ctx, peers[i], held)
		switch {
		case err != nil:
			f.wait(now, "a node does not answer to the proposal of a cluster", "node", m.Name, "error", err)
		case a.Accepted:
			accepted++
		case a.Proposer != "" && a.Proposer < f.cfg.Node:
			return f.giveUp(held, m.Name+" is bound to the proposal of "+a.Proposer)
		case a.Why != "":
			f.wait(now, "a node refuses the proposal of a cluster", "node", m.Name, "why", a.Why)
		}
	}
	if accepted < len(held.Members) {
		return false, nil
	}
	return f.cfg.Record.Join(held.Cluster)
}

// giveUp frees this node of its own proposal, and with it all that accepted it.
func (f *Former) giveUp(held Proposal, why string) (bool, error) {
	f.cfg.Logger.Info("gave up the proposal of a cluster", "cluster", held.Cluster, "why", why)
	f.proposed = time.Time{}
	_, err := f.cfg.Record.Release(held.Cluster)
	return false, err
}

// wait says in the log, not too often, what is waited for.
func (f *Former) wait(now time.Time, msg string, args ...any) {
	if now.Sub(f.said) >= stuckAfter {
		f.said = now
		f.cfg.Logger.Info(msg, args...)
	}
}
