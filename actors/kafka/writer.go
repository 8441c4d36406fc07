package kafka

import (
	"context"
	"log/slog"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// writer has the client that writes to a topic. A client writes to the topic that it
// came to know, and never to one that was made under the same name since: for that
// there has to be another client. That one is somebody else to brokers, so that they
// do not take its first records for some that the one before has written.
type writer struct {
	// Static after newWriter.
	opts []kgo.Opt
	log  *slog.Logger

	mu     sync.Mutex
	client *kgo.Client // guarded by mu
	closed bool        // guarded by mu
}

func newWriter(opts []kgo.Opt, log *slog.Logger) (*writer, error) {
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, err
	}
	return &writer{opts: opts, log: log, client: client}, nil
}

// get returns the client to write with now.
func (w *writer) get() *kgo.Client {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.client
}

// replace has another client take the place of one whose topic is there no more, and
// fails what that one has under way. It is not called from a client's own goroutines.
func (w *writer) replace(old *kgo.Client) {
	if w.swap(old) {
		old.Close()
	}
}

// swap reports whether it has replaced the client, which the caller closes.
func (w *writer) swap(old *kgo.Client) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.client != old {
		return false
	}
	client, err := kgo.NewClient(w.opts...)
	if err != nil { // the same options were good enough before
		w.log.Error("no other client", "err", err)
		return false
	}
	w.client = client
	w.log.Warn("the topic is not the one that it was: messages go to the one of its name")
	return true
}

// Ping asks whether a broker answers.
func (w *writer) Ping(ctx context.Context) error { return w.get().Ping(ctx) }

// close fails what is under way, and what comes.
func (w *writer) close() {
	w.mu.Lock()
	w.closed = true
	client := w.client
	w.mu.Unlock()
	client.Close()
}
