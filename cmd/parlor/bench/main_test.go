package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestMain lets the test's program stand in for parlor: bench starts its own
// program for the roles and for the server.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == commandName || os.Args[1] == "serve") {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		var err error
		if os.Args[1] == commandName {
			err = Main(ctx, os.Args[2:], os.Stdout, os.Stderr)
		} else {
			err = serveFake(ctx)
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// The race detector makes every process linger for a second at its end,
	// unless it is told not to. Only child processes read this.
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	flag.Parse()
	os.Exit(m.Run())
}

// fake is the least of a server that bench can measure.
type fake struct {
	mu    sync.Mutex
	rooms map[string]*fakeRoom
	sends int    // frames written; guarded by mu
	drop  int    // the message with this number goes to nobody; 0 for none
	full  int    // streams from this number on are answered and closed; 0 for none
	every int    // messages whose number is a multiple of it go to nobody; 0 for none
	token string // that requests have to carry; empty for none
	count int    // streams so far; guarded by mu
}

type fakeRoom struct {
	seq     int
	streams map[chan string]struct{}
}

// room is called with mu held.
func (f *fake) room(name string) *fakeRoom {
	if f.rooms == nil {
		f.rooms = make(map[string]*fakeRoom)
	}
	r := f.rooms[name]
	if r == nil {
		r = &fakeRoom{streams: make(map[chan string]struct{})}
		f.rooms[name] = r
	}
	return r
}

func (f *fake) connect(w http.ResponseWriter, r *http.Request) {
	// Chunks are what net/http would send; a body that ends with the connection
	// is what the readers understand.
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 1000\n"
	frames := make(chan string, 1000)
	f.mu.Lock()
	if f.count++; f.full > 0 && f.count >= f.full {
		f.mu.Unlock()
		_, _ = io.WriteString(conn, head)
		return
	}
	room := f.room(r.URL.Query().Get("room"))
	room.streams[frames] = struct{}{}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(room.streams, frames)
	}()
	frames <- head + "data: Connected to SSE stream\n\n"
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = conn.Read(make([]byte, 1))
	}()
	for {
		select {
		case <-gone:
			return
		case frame := <-frames:
			if _, err := io.WriteString(conn, frame); err != nil {
				return
			}
		}
	}
}

func (f *fake) broadcast(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	room := f.room(r.URL.Query().Get("room"))
	room.seq++
	if room.seq != f.drop && (f.every == 0 || room.seq%f.every != 0) {
		for frames := range room.streams {
			f.sends++
			frames <- fmt.Sprintf("id: 1-%d\nevent: broadcast\ndata: %s\n\n", room.seq, body)
		}
	}
	fmt.Fprintf(w, `{"success":true,"data":%s,"id":"1-%d"}`, body, room.seq)
}

func (f *fake) metrics(w http.ResponseWriter, _ *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fmt.Fprintf(w, "# HELP x\n%s{shard=\"0\"} %d\n%s{shard=\"1\"} 1\n%s %d\n", framesCounter, f.sends, framesCounter, writesCounter, f.sends)
}

func (f *fake) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /connect", f.connect)
	mux.HandleFunc("GET /events", f.connect)
	mux.HandleFunc("POST /broadcast", f.broadcast)
	mux.HandleFunc("GET /metrics", f.metrics)
	mux.HandleFunc("GET /debug/pprof/heap", func(http.ResponseWriter, *http.Request) {})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f.token != "" && r.Header.Get("Authorization") != "Bearer "+f.token {
			http.Error(w, `{"error":"token_missing"}`, http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// serveFake is the command serve as bench starts it.
func serveFake(ctx context.Context) error {
	args := strings.Join(os.Args, " ")
	if !strings.Contains(args, "--ready-fd 3") || strings.Contains(args, "--fail") {
		return errors.New("these flags will not do")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ready := os.NewFile(3, "ready")
	fmt.Fprintf(ready, "listen=%s admin=%s\n", l.Addr(), l.Addr())
	ready.Close()
	server := &http.Server{Handler: new(fake).handler()}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
