package certs

import (
	"sync"
	"sync/atomic"
	"time"
)

// lookEvery is how often handshakes look whether files have changed, at most:
// a flood of connections is no flood of system calls.
const lookEvery = time.Second

// Identity is what a node shows to others and judges them by: its key, its
// certificate, and the authorities that vouch for nodes. All methods may be
// called from any goroutine.
type Identity struct {
	// Static after Load.
	node  string
	files files

	// What handshakes use. Replaced as a whole.
	current atomic.Pointer[material]

	// Guarded by mu.
	mu     sync.Mutex
	looked time.Time // when the files were last looked at
	seen   stamps    // the files as they were when current was read
}

// Load reads a node's files, all PEM: its certificate, with those between it and
// the authority if there are any, its key, and the authorities to trust, of which
// there may be several. It refuses, with a *FileError that wraps one of this
// package's errors, what would be of no use or no protection: a certificate that
// names another node, has expired, is not valid yet, is not signed by an
// authority, or does not allow both ends of a connection; a key that does not fit
// or that others can read.
func Load(certFile, keyFile, caFile, node string) (*Identity, error) {
	id := &Identity{node: node, files: files{cert: certFile, key: keyFile, ca: caFile}}
	// Looked at before they are read: whatever changes from here on is noticed.
	seen, statErr := id.files.stat()
	m, err := id.files.load(node, time.Now())
	if err != nil {
		return nil, err
	}
	if statErr != nil {
		return nil, statErr
	}
	id.current.Store(m)
	id.seen, id.looked = seen, time.Now()
	return id, nil
}

// Name returns the node's name.
func (id *Identity) Name() string { return id.node }

// NotAfter returns when the certificate in use, or the authority that vouches
// for it, ends. From then on nobody takes new connections from this node.
func (id *Identity) NotAfter() time.Time { return id.current.Load().notAfter }

// Refresh reads the files again if one has changed. If they would be refused by
// Load, it says why and what was in use stays in use. Handshakes do the same by
// themselves, at most once a second, but have nobody to tell.
func (id *Identity) Refresh() error {
	id.mu.Lock()
	defer id.mu.Unlock()
	return id.refreshLocked()
}

func (id *Identity) refreshLocked() error {
	id.looked = time.Now()
	now, err := id.files.stat()
	if err != nil {
		return err
	}
	if now.equal(id.seen) {
		return nil
	}
	m, err := id.files.load(id.node, time.Now())
	if err != nil {
		// Not marked as seen: files are replaced one after the other, and what
		// does not fit yet is tried again.
		return err
	}
	id.current.Store(m)
	id.seen = now
	return nil
}

// material returns what a handshake is to use. One handshake at a time looks at
// the files; others do not wait for it.
func (id *Identity) material() *material {
	if id.mu.TryLock() {
		if time.Since(id.looked) >= lookEvery {
			_ = id.refreshLocked()
		}
		id.mu.Unlock()
	}
	return id.current.Load()
}
