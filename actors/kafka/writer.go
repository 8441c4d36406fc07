package kafka

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// replaceEvery is the least age of a client that another one takes the place of, so that
// brokers that refuse every one of them do not meet one after the other.
const replaceEvery = time.Second

// writer has the client that writes to a topic, and another one when that can't do it
// any more. A client writes to the topic that it came to know, and never to one that was
// made under the same name since; nor does it ask again for a producer id that it was
// refused. The next one is somebody else to brokers, so that they do not take its first
// records for some that the one before has written.
type writer struct {
	// Static after newWriter.
	opts []kgo.Opt
	log  *slog.Logger

	mu     sync.Mutex
	client *kgo.Client // guarded by mu
	since  time.Time   // guarded by mu; that there is the client
	closed bool        // guarded by mu
}

func newWriter(opts []kgo.Opt, log *slog.Logger) (*writer, error) {
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, err
	}
	return &writer{opts: opts, log: log, client: client, since: time.Now()}, nil
}

// get returns the client to write with now.
func (w *writer) get() *kgo.Client {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.client
}

// hopeless reports whether a record may have failed because its client is of no use
// any more, and not because of itself.
func hopeless(err error) bool {
	var refusal *kerr.Error
	switch {
	case errors.Is(err, kerr.MessageTooLarge):
		return false
	case errors.Is(err, kerr.UnknownTopicID):
		return true
	}
	return errors.As(err, &refusal) && !refusal.Retriable
}

// heal has another client take the place of one that has failed with a hopeless error,
// if it is of no use any more, and fails what that one has under way. It is not called
// from a client's own goroutines.
func (w *writer) heal(ctx context.Context, client *kgo.Client, err error) {
	anew := errors.Is(err, kerr.UnknownTopicID)
	if !anew {
		if _, _, err := client.ProducerID(ctx); !hopeless(err) {
			return
		}
	}
	if !w.swap(client) {
		return
	}
	client.Close()
	if anew {
		w.log.Warn("the topic is not the one that it was: messages go to the one of its name")
	}
}

// swap reports whether it has replaced the client, which the caller closes.
func (w *writer) swap(old *kgo.Client) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.client != old || time.Since(w.since) < replaceEvery {
		return false
	}
	client, err := kgo.NewClient(w.opts...)
	if err != nil { // the same options were good enough before
		w.log.Error("no other client", "err", err)
		return false
	}
	w.client, w.since = client, time.Now()
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
