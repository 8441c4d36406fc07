package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// Sink posts what rooms tell of themselves. It implements actors.Sink; its methods
// may be called from any goroutine.
type Sink struct {
	// Static after Open.
	cfg    Config
	log    *slog.Logger
	client *http.Client
	queue  chan delivery
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	failing atomic.Bool

	mu     sync.RWMutex
	closed bool // guarded by mu; nothing is queued any more
}

type delivery struct {
	room   persistence.RoomKey
	events []persistence.Record
	done   func(error)
}

var errClosed = errors.New("webhook: closed")

// Open returns a sink, which is to be closed. The error is Config.Validate's.
func Open(cfg Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	s := &Sink{cfg: cfg, log: cfg.Logger, queue: make(chan delivery, queued)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = atOnce
	s.client = &http.Client{
		Timeout: cfg.Timeout, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for range atOnce {
		s.work.Go(s.run)
	}
	return s, nil
}

// Deliver implements actors.Sink. With too many deliveries that wait already the
// error is actors.ErrSinkBusy.
func (s *Sink) Deliver(room persistence.RoomKey, events []persistence.Record, done func(error)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		go done(errClosed)
		return
	}
	select {
	case s.queue <- delivery{room, events, done}:
	default:
		go done(actors.ErrSinkBusy)
	}
}

// Close gives up what is under way. It returns when all of it has been told so.
func (s *Sink) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.work.Wait()
	for {
		select {
		case d := <-s.queue:
			d.done(errClosed)
		default:
			s.client.CloseIdleConnections()
			return
		}
	}
}

func (s *Sink) run() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case d := <-s.queue:
			err := s.post(d)
			s.note(err)
			d.done(err)
		}
	}
}

// note logs when deliveries begin and cease to fail.
func (s *Sink) note(err error) {
	switch failing := err != nil; {
	case s.failing.Swap(failing) == failing || s.ctx.Err() != nil:
	case failing:
		s.log.Warn("webhook fails, and is tried again", "err", err)
	default:
		s.log.Info("webhook works again")
	}
}

// Headers of a request besides the usual ones.
const (
	HeaderTimestamp = "Parlor-Timestamp" // unix seconds, when it was sent
	HeaderSignature = "Parlor-Signature" // see Sign
)

// post makes one request, of which only a 2xx is a success. Its errors do not name
// the URL.
func (s *Sink) post(d delivery) error {
	body := appendBody(nil, d.room, d.events)
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("webhook: no request can be made")
	}
	at := time.Now().Unix()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Parlor")
	req.Header.Set(HeaderTimestamp, strconv.FormatInt(at, 10))
	req.Header.Set(HeaderSignature, Sign(s.cfg.Key, at, body))
	res, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("webhook: %w", withoutURL(err))
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer) // so that the connection can be used again
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("webhook: answered %d", res.StatusCode)
	}
	return nil
}

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 16 << 10
