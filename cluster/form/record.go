package form

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/parlor-sse/parlor/cluster/agree"
	"github.com/parlor-sse/parlor/cluster/durable"
)

// Proposal is a cluster that might be.
type Proposal struct {
	Cluster  string         `json:"cluster"` // its id
	Proposer string         `json:"proposer"`
	Members  []agree.Member `json:"members"` // by name, the proposer included
	Expect   int            `json:"expect"`
	Replicas int            `json:"replicas"`
	History  int            `json:"history"`
}

// newID returns a random id for a cluster.
func newID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// standing is what a Record keeps on disk.
type standing struct {
	Node    string    `json:"node"`
	Cluster string    `json:"cluster,omitempty"`
	Held    *Proposal `json:"held,omitempty"`
}

// Record is where a node stands: which cluster it belongs to, or which proposal
// it has accepted. It is on the disk before a method that changes it returns.
// Its methods may be called from any goroutine.
type Record struct {
	path string // Static after construction.

	mu  sync.Mutex
	now standing // Guarded by mu
}

// ErrOtherNode reports a record of a node with another name.
var ErrOtherNode = errors.New("the data belongs to another node")

// OpenRecord reads the record in the file, or begins one.
func OpenRecord(path, node string) (*Record, error) {
	r := &Record{path: path, now: standing{Node: node}}
	err := durable.Load(path, &r.now)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open record: %w", err)
	}
	if r.now.Node != node {
		return nil, fmt.Errorf("open record: this node is %q, that one %q: %w", node, r.now.Node, ErrOtherNode)
	}
	return r, nil
}

// Cluster returns the id of the cluster that the node belongs to, empty if
// there is none.
func (r *Record) Cluster() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now.Cluster
}

// Held returns the proposal that the node has accepted, nil if there is none.
// It stays after it has come true. It is not to be changed.
func (r *Record) Held() *Proposal {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now.Held
}

// Accept binds the node to the proposal and reports whether that is so: not if
// it is bound to another one or belongs to a cluster already.
func (r *Record) Accept(p Proposal) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.now.Held != nil:
		return r.now.Held.Cluster == p.Cluster, nil
	case r.now.Cluster != "":
		return false, nil
	}
	next := r.now
	next.Held = &p
	return true, r.saveLocked(next)
}

// Release frees the node of a proposal that will never come true, and reports
// whether it is free of it: not if it belongs to that cluster.
func (r *Record) Release(cluster string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now.Held == nil || r.now.Held.Cluster != cluster {
		return true, nil
	}
	if r.now.Cluster == cluster {
		return false, nil
	}
	next := r.now
	next.Held = nil
	return true, r.saveLocked(next)
}

// Join makes the node one of the cluster, for good. It reports whether it is:
// not if it belongs to another one or is bound to another proposal.
func (r *Record) Join(cluster string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.now.Cluster != "":
		return r.now.Cluster == cluster, nil
	case r.now.Held != nil && r.now.Held.Cluster != cluster:
		return false, nil
	}
	next := r.now
	next.Cluster = cluster
	return true, r.saveLocked(next)
}

// Pending reports whether the proposal may still come true, which only its
// proposer can know: it holds it from before it asks anybody until it gives up.
func (r *Record) Pending(cluster string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now.Cluster == cluster || r.now.Held != nil && r.now.Held.Cluster == cluster
}

func (r *Record) saveLocked(next standing) error {
	if err := durable.Save(r.path, next); err != nil {
		return fmt.Errorf("save record: %w", err)
	}
	r.now = next
	return nil
}
