package control_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/cluster/certs"
	"github.com/parlor-sse/parlor/cluster/clustertest"
	"github.com/parlor-sse/parlor/cluster/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a port on loopback that echoes, refuses and fails.
func open(t *testing.T, node string, id *certs.Identity) *control.Port {
	t.Helper()
	cfg := control.Config{
		Node: node, Bind: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler), Refused: func(string) {},
		Handlers: map[string]control.Handler{
			"echo": func(_ context.Context, from string, body json.RawMessage) (any, error) {
				return map[string]any{"from": from, "body": body}, nil
			},
			"refuse": func(context.Context, string, json.RawMessage) (any, error) {
				return nil, &control.Refusal{Code: "no", Sentence: "not today", Final: true}
			},
			"fail": func(context.Context, string, json.RawMessage) (any, error) { return nil, errors.New("broken") },
		},
	}
	if id != nil {
		cfg.TLS = id
	}
	p, err := control.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// plainAndTLS runs a test both ways, with two nodes.
func plainAndTLS(t *testing.T, test func(t *testing.T, a, b *control.Port)) {
	t.Run("plain", func(t *testing.T) { test(t, open(t, "a", nil), open(t, "b", nil)) })
	t.Run("TLS", func(t *testing.T) {
		ca := clustertest.NewAuthority(t)
		test(t, open(t, "a", ca.Issue("a")), open(t, "b", ca.Issue("b")))
	})
}

func TestAskAndAnswer(t *testing.T) {
	plainAndTLS(t, func(t *testing.T, a, b *control.Port) {
		at := b.Addr().String()
		for _, node := range []string{"b", ""} {
			var out struct {
				From string
				Body string
			}
			if err := a.Call(t.Context(), node, at, "echo", "hello", &out); err != nil || out.From != "a" || out.Body != "hello" {
				t.Fatalf("%+v, %v", out, err)
			}
		}
		var no *control.Refusal
		if err := a.Call(t.Context(), "b", at, "refuse", nil, nil); !errors.As(err, &no) || !no.Final || no.Code != "no" {
			t.Fatalf("refused with %v", err)
		}
		if err := a.Call(t.Context(), "b", at, "fail", nil, nil); !errors.As(err, &no) || no.Final || no.Sentence != "broken" {
			t.Fatalf("failed with %v", err)
		}
		if err := a.Call(t.Context(), "b", at, "unknown", nil, nil); !errors.As(err, &no) {
			t.Fatalf("unknown request: %v", err)
		}
		if err := a.Call(t.Context(), "b", at, "echo", strings.Repeat("x", control.MaxFrame), nil); !errors.Is(err, control.ErrTooLarge) {
			t.Fatalf("too large a request: %v", err)
		}
	})
}

func TestRaftIsHandedOn(t *testing.T) {
	plainAndTLS(t, func(t *testing.T, a, b *control.Port) {
		out, err := a.DialRaft("b", "b.0123", b.Addr().String(), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		in, server, err := b.Accept()
		if err != nil || server != "b.0123" {
			t.Fatalf("for %q, %v", server, err)
		}
		defer in.Close()
		if _, err := out.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 5)
		if _, err := io.ReadFull(in, got); err != nil || string(got) != "hello" {
			t.Fatalf("%q, %v", got, err)
		}
	})
}

func TestHeldConnectionBreaksWithTheProcess(t *testing.T) {
	plainAndTLS(t, func(t *testing.T, a, b *control.Port) {
		held, broke := make(chan struct{}), make(chan error, 1)
		go func() { broke <- a.Hold(t.Context(), "b", b.Addr().String(), func() { close(held) }) }()
		<-held
		select {
		case err := <-broke:
			t.Fatalf("broke by itself: %v", err)
		default:
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		<-broke
		if _, _, err := b.Accept(); err == nil {
			t.Fatal("accepted after the end")
		}
	})
}

func TestHoldEndsWithItsContext(t *testing.T) {
	a, b := open(t, "a", nil), open(t, "b", nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Hold(ctx, "b", b.Addr().String(), cancel) }()
	<-done
}

func TestStrangers(t *testing.T) {
	ca := clustertest.NewAuthority(t)
	b := open(t, "b", ca.Issue("b"))
	at := b.Addr().String()
	var no *control.Refusal
	if err := open(t, "liar", ca.Issue("a")).Call(t.Context(), "b", at, "echo", nil, nil); !errors.As(err, &no) || no.Code != "name" {
		t.Errorf("a node of another name: %v", err)
	}
	if err := open(t, "a", ca.Issue("a")).Call(t.Context(), "c", at, "echo", nil, nil); err == nil {
		t.Error("took b for c")
	}
	if err := open(t, "a", clustertest.NewAuthority(t).Issue("a")).Call(t.Context(), "b", at, "echo", nil, nil); err == nil {
		t.Error("a foreign authority was trusted")
	}
	if err := open(t, "a", nil).Call(t.Context(), "b", at, "echo", nil, nil); err == nil {
		t.Error("plain text was answered")
	}
	if c, err := open(t, "a", nil).DialRaft("b", "b.0123", at, time.Minute); err == nil {
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Error("Raft in plain text was answered")
		}
		c.Close()
	}
}

// TestGarbage sends what is no request; the port goes on.
func TestGarbage(t *testing.T) {
	var refused atomic.Int64
	p, err := control.Open(control.Config{
		Node: "b", Bind: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler),
		Refused: func(string) { refused.Add(1) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	frame := func(size uint32, body string) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{'C'}, size), body...)
	}
	for name, b := range map[string][]byte{
		"unknown first byte": []byte("GET / HTTP/1.1\r\n\r\n"),
		"TLS hello":          {22, 3, 1, 0, 100},
		"no JSON":            frame(3, "abc"),
		"no object":          frame(2, "17"),
		"huge":               frame(1<<32-1, ""),
		"cut short":          frame(1000, "{"),
	} {
		before := refused.Load()
		c, err := net.Dial("tcp", p.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Write(b); err != nil {
			t.Fatal(err)
		}
		_ = c.(*net.TCPConn).CloseWrite() // fails if the port has hung up by now
		if answer, err := io.ReadAll(c); len(answer) > 0 {
			t.Errorf("%s: answered %q, %v", name, bytes.TrimSpace(answer), err)
		}
		c.Close()
		if refused.Load() == before {
			t.Errorf("%s: was not counted", name)
		}
	}
	idle, err := net.Dial("tcp", p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	if err := open(t, "a", nil).Call(t.Context(), "b", p.Addr().String(), "hold", nil, nil); err != nil {
		t.Fatalf("after all that: %v", err)
	}
}

func TestPortInUse(t *testing.T) {
	p := open(t, "a", nil)
	if _, err := control.Open(control.Config{Bind: p.Addr().String()}); err == nil {
		t.Fatal("opened twice")
	}
}
