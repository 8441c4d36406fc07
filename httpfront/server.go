package httpfront

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/persistence"
)

// ErrServerClosed is the cause with which requests in progress end when
// Shutdown runs out of time.
var ErrServerClosed = errors.New("http server closed")

// Server answers HTTP. All methods may be called from any goroutine.
type Server struct {
	// Static after New.
	cfg      Config
	rooms    Rooms
	log      *slog.Logger
	limits   *limits
	perToken *tally[[16]byte]
	perRoom  *tally[persistence.RoomKey]
	senders  *pacer[sender]
	crowds   *pacer[persistence.RoomKey]
	metrics  *metrics
	cors     cors
	hosts    hosts
	router   router
	heads    map[headKey][]byte
	index    index
	http     *fasthttp.Server
	started  time.Time

	notReady atomic.Bool
	retiring atomic.Bool  // set in Shutdown: answers end their connections
	busy     atomic.Int64 // requests being handled

	ctx    context.Context // of every request; ends when Shutdown gives up
	cancel context.CancelCauseFunc

	mu        sync.Mutex
	closed    bool        // guarded by mu
	listeners []*listener // guarded by mu
}

// New returns a server that answers for rooms. It starts nothing. The error is
// that of Config.Validate, of routes that can't be had, or of registering the
// metrics.
func New(cfg Config, rooms Rooms) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("httpfront: %w", err)
	}
	if cfg.MaxConnections == 0 {
		cfg.MaxConnections = connectionBudget(descriptorLimit())
	}
	if cfg.Auth == nil {
		cfg.Anonymous = AnonymousAll
	}
	s := &Server{
		cfg:     cfg,
		rooms:   rooms,
		log:     cfg.Logger,
		limits:  newLimits(cfg.MaxConnections, cfg.MaxStreamsPerIP),
		cors:    newCORS(cfg.Origins),
		hosts:   newHosts(cfg.Hosts),
		started: time.Now(),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	table, err := s.withRoutes(s.table(), cfg.Routes)
	if err != nil {
		return nil, fmt.Errorf("httpfront: %w", err)
	}
	if s.router, err = newRouter(table); err != nil {
		return nil, fmt.Errorf("httpfront: %w", err)
	}
	if s.metrics, err = newMetrics(cfg.Registry, s.limits); err != nil {
		return nil, fmt.Errorf("httpfront: %w", err)
	}
	s.perToken = newTally[[16]byte](cfg.MaxStreamsPerToken)
	s.perRoom = newTally[persistence.RoomKey](cfg.MaxStreamsPerRoom)
	s.senders = newPacer[sender](cfg.PublishRate, cfg.PublishBurst, s.metrics.forgotten)
	s.crowds = newPacer[persistence.RoomKey](cfg.RoomPublishRate, 0, s.metrics.forgotten)
	s.index = newIndex(cfg.Version, table)
	s.heads = renderHeads(s.cors)
	s.http = s.fasthttpServer()
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	return s, nil
}

func (s *Server) fasthttpServer() *fasthttp.Server {
	return &fasthttp.Server{
		Handler:           s.serve,
		ErrorHandler:      s.unreadable,
		HeaderReceived:    s.headReceived,
		ConnState:         s.connState,
		Concurrency:       s.cfg.MaxConnections,
		ReadBufferSize:    s.cfg.MaxHead,
		ReadTimeout:       s.cfg.HeadTimeout,
		WriteTimeout:      s.cfg.WriteTimeout,
		IdleTimeout:       s.cfg.IdleTimeout,
		CloseOnShutdown:   true,
		KeepHijackedConns: true,
		// A hijacked connection would take its read buffer along; idle ones need none.
		ReduceMemoryUsage:  true,
		MaxRequestBodySize: s.cfg.MaxBody,
		// Uploads of forms would go to temporary files.
		DisablePreParseMultipartForm: true,
		SecureErrorLogMessage:        true,
		NoDefaultServerHeader:        true,
		NoDefaultDate:                true,
		NoDefaultContentType:         true,
		Logger:                       quietLogger{s.log},
	}
}

// Serve accepts connections from ln until Shutdown, which closes it. It returns
// nil once ln is closed, else the error that ended it. TLS is ln's business.
// Several listeners may be served at a time; after Shutdown none is.
func (s *Server) Serve(ln net.Listener) error {
	l := newListener(ln, s.limits, s.metrics, s.log)
	if !s.adopt(l) {
		return ln.Close()
	}
	if err := s.http.Serve(l); err != nil {
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	}
	return nil
}

func (s *Server) adopt(l *listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.listeners = append(s.listeners, l)
	return true
}

// SetReady says whether GET /ready answers 200, as it does after New. It
// changes nothing else: requests are served either way.
func (s *Server) SetReady(ready bool) { s.notReady.Store(!ready) }

// Shutdown closes the listeners and returns when no request is being served any
// more. Streams are not its business: they are the rooms' since they were
// attached. When ctx ends before, publishes that still wait are answered as of
// unknown outcome, and the error is ctx's.
func (s *Server) Shutdown(ctx context.Context) error {
	s.SetReady(false)
	s.mu.Lock()
	s.closed = true
	listeners := s.listeners
	s.listeners = nil
	s.mu.Unlock()
	var errs []error
	for _, l := range listeners {
		errs = append(errs, l.Close())
	}
	// Those who are in are told to go with their next answer, and not cut off in
	// the middle of a question. Only now: told before, they would come back in.
	s.retiring.Store(true)
	s.awaitGoodbyes(ctx)
	quiet, stop := s.untilQuiet(ctx)
	defer stop()
	err := s.http.ShutdownWithContext(quiet)
	s.cancel(ErrServerClosed)
	if err != nil && context.Cause(quiet) != errQuiet {
		errs = append(errs, fmt.Errorf("shut down http: %w", err))
	}
	return errors.Join(errs...)
}

// goodbyeWithin is how long connections that are open without a request may stay
// so before they are closed: a request may be on its way on each of them.
const goodbyeWithin = time.Second

// awaitGoodbyes waits until all connections are closed, each after an answer
// that says so, but not for long.
func (s *Server) awaitGoodbyes(ctx context.Context) {
	const look = 10 * time.Millisecond
	tick := time.NewTicker(look)
	defer tick.Stop()
	for waited := time.Duration(0); waited < goodbyeWithin && s.limits.conns.Load() > 0; waited += look {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// errQuiet is the cause with which untilQuiet's context ends.
var errQuiet = errors.New("no request is being handled")

// quietFor is for how long no request may be handled before a shutdown stops
// waiting: what has begun to arrive gets that long to become a request.
const quietFor = 250 * time.Millisecond

// untilQuiet returns a context that ends when no request was being handled for
// a while. fasthttp alone would also wait for connections that have never sent
// a byte, of which browsers keep some in reserve, until their time is up.
func (s *Server) untilQuiet(ctx context.Context) (context.Context, context.CancelFunc) {
	quiet, cancel := context.WithCancelCause(ctx)
	go func() {
		const look = 10 * time.Millisecond
		tick := time.NewTicker(look)
		defer tick.Stop()
		for still := time.Duration(0); still < quietFor; still += look {
			select {
			case <-quiet.Done():
				return
			case <-tick.C:
			}
			if s.busy.Load() > 0 {
				still = 0
			}
		}
		cancel(errQuiet)
	}()
	return quiet, func() { cancel(nil) }
}

// connState counts the connections that fasthttp holds. A hijacked one is
// counted as a stream.
func (s *Server) connState(_ net.Conn, state fasthttp.ConnState) {
	switch state {
	case fasthttp.StateNew:
		s.limits.conns.Add(1)
	case fasthttp.StateHijacked, fasthttp.StateClosed:
		s.limits.conns.Add(-1)
	}
}

// headReceived gives the body its own time, and the size that its route takes.
func (s *Server) headReceived(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	return fasthttp.RequestConfig{ReadTimeout: s.cfg.BodyTimeout, MaxRequestBodySize: s.maxBody(h)}
}

// maxBody returns how many bytes the request's body may have. Zero means what
// holds for all, as it does for requests that are going to be refused.
func (s *Server) maxBody(h *fasthttp.RequestHeader) int {
	if h.ContentLength() == 0 {
		return 0
	}
	t, err := parseTarget(h.RequestURI(), nil)
	if err != nil {
		return 0
	}
	p, _ := s.router.find(t.path)
	if p == nil {
		return 0
	}
	return p.methods[string(h.Method())].maxBody
}

// quietLogger takes what fasthttp has to say. The arguments hold bytes of
// requests, so that only the kind of message is kept.
type quietLogger struct{ log *slog.Logger }

func (q quietLogger) Printf(format string, _ ...any) {
	q.log.Debug("fasthttp", "message", format)
}
