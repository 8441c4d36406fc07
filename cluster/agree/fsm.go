package agree

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/hashicorp/raft"
)

// ErrStale reports a document that was made from one that is not the present
// one any more.
var ErrStale = errors.New("the document has changed meanwhile")

// command replaces the document if its number is still If.
type command struct {
	If   uint64   `json:"if"`
	Next Document `json:"next"`
}

// maxDocument bounds an encoded document, in bytes.
const maxDocument = 8 << 20

// fsm is Raft's state machine: the document. It is trivial by design, so that
// two versions of the program can not come to different documents.
type fsm struct {
	mu      sync.Mutex
	doc     Document      // Guarded by mu
	changed chan struct{} // Guarded by mu; closed and replaced with every change
}

var _ raft.FSM = (*fsm)(nil)

func newFSM() *fsm { return &fsm{changed: make(chan struct{})} }

// get returns the document and a channel that is closed when there is another.
func (f *fsm) get() (Document, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.doc, f.changed
}

func (f *fsm) set(d Document) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.doc = d
	close(f.changed)
	f.changed = make(chan struct{})
}

// Apply makes one agreed change. Its result is nil or an error.
func (f *fsm) Apply(l *raft.Log) any {
	var c command
	if err := json.Unmarshal(l.Data, &c); err != nil {
		return fmt.Errorf("apply entry %d: %w", l.Index, err)
	}
	now, _ := f.get()
	if c.If != now.Number || c.Next.Number != now.Number+1 {
		return fmt.Errorf("apply entry %d: %w", l.Index, ErrStale)
	}
	if err := c.Next.Validate(); err != nil {
		return fmt.Errorf("apply entry %d: %w", l.Index, err)
	}
	f.set(c.Next)
	return nil
}

// Snapshot returns the document as it is.
func (f *fsm) Snapshot() (raft.FSMSnapshot, error) {
	d, _ := f.get()
	return snapshot{d}, nil
}

// Restore replaces the document by that of a snapshot.
func (f *fsm) Restore(r io.ReadCloser) error {
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return fmt.Errorf("restore document: %w", err)
	}
	if len(b) > maxDocument {
		return fmt.Errorf("restore document: more than %d bytes: %w", maxDocument, ErrInvalid)
	}
	var d Document
	if err := json.Unmarshal(b, &d); err != nil {
		return fmt.Errorf("restore document: %w", err)
	}
	if err := d.Validate(); err != nil {
		return fmt.Errorf("restore document: %w", err)
	}
	f.set(d)
	return nil
}

type snapshot struct{ doc Document }

func (s snapshot) Persist(sink raft.SnapshotSink) error {
	if err := json.NewEncoder(sink).Encode(s.doc); err != nil {
		return errors.Join(fmt.Errorf("write snapshot: %w", err), sink.Cancel())
	}
	return sink.Close()
}

func (s snapshot) Release() {}
