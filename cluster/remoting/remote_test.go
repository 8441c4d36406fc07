package remoting_test

import (
	"bytes"
	"errors"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/parlor-sse/parlor/cluster/remoting"
)

// pairs are two nodes each, without TLS and with it.
func pairs(t *testing.T, test func(t *testing.T, a, b *node)) {
	t.Run("plain", func(t *testing.T) { test(t, open(t, plain()), open(t, plain())) })
	t.Run("tls", func(t *testing.T) {
		ca, d := newAuthority(t), &directory{}
		a, b := open(t, secure(ca.identity("a"), d)), open(t, secure(ca.identity("b"), d))
		d.put(a.remote.Address(), "a")
		d.put(b.remote.Address(), "b")
		test(t, a, b)
	})
}

func TestAnswers(t *testing.T) {
	pairs(t, func(t *testing.T, a, b *node) {
		for _, c := range []struct {
			from *node
			to   *actor.PID
		}{{a, b.at("inbox")}, {b, a.at("inbox")}} {
			if answer, err := c.from.ask(c.to, "hello"); err != nil || answer != "re: hello" {
				t.Fatalf("%q, %v", answer, err)
			}
		}
		if n := a.counted("messages_sent_total", ""); n != 2 {
			t.Errorf("%d messages sent", n)
		}
		b.wantCount("messages_received_total", "", 2)
	})
}

func TestOrder(t *testing.T) {
	pairs(t, func(t *testing.T, a, b *node) {
		const messages = 20_000
		for i := range messages {
			a.send(b.at("inbox"), strconv.Itoa(i))
		}
		for i := range messages {
			if got := <-b.got; got != strconv.Itoa(i) {
				t.Fatalf("message %d is %s", i, got)
			}
		}
		eventually(t, "an empty queue", func() bool {
			return a.counted("queue_messages", "") == 0 && a.counted("queue_bytes", "") == 0
		})
	})
}

// TestLarge sends what gRPC would not take with its own limits.
func TestLarge(t *testing.T) {
	pairs(t, func(t *testing.T, a, b *node) {
		large := bytes.Repeat([]byte("0123456789abcdef"), 8<<20/16)
		for range 4 {
			a.send(b.at("inbox"), string(large))
		}
		for i := range 4 {
			if got := <-b.got; got != string(large) {
				t.Fatalf("message %d is of %d bytes", i, len(got))
			}
		}
	})
}

func TestTooLarge(t *testing.T) {
	cfg := plain()
	cfg.MaxMessage = 1 << 20
	a, b := open(t, cfg), open(t, cfg)
	a.send(b.at("inbox"), string(make([]byte, 1<<18)))
	a.wantCount("dropped_total", "size", 1)
	if answer, err := a.ask(b.at("inbox"), "small"); err != nil || answer != "re: small" {
		t.Fatalf("%q, %v", answer, err)
	}
}

// TestQueueIsBounded sends to an address where somebody accepts and says nothing.
func TestQueueIsBounded(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	for name, change := range map[string]func(*remoting.Config) (size int){
		"messages": func(c *remoting.Config) int { c.MaxQueue = 100; return 10 },
		"bytes":    func(c *remoting.Config) int { c.MaxMessage = 1 << 20; return 1 << 18 / 100 },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := plain()
			cfg.DialTimeout = time.Minute
			size := change(&cfg)
			a := open(t, cfg)
			for range 300 {
				a.send(actor.NewPID(mute.Addr().String(), "inbox"), string(make([]byte, size)))
			}
			waiting := a.counted("queue_messages", "")
			if dropped := a.counted("dropped_total", "queue"); waiting < 90 || waiting > 100 || waiting+dropped != 300 {
				t.Errorf("%d wait, %d were dropped", waiting, dropped)
			}
			began := time.Now()
			a.remote.Terminate(mute.Addr().String())
			eventually(t, "all that waited is lost", func() bool { return a.counted("dropped_total", "lost") == waiting })
			a.close()
			if took := time.Since(began); took > soon/2 {
				t.Errorf("leaving a node that is being dialled took %v", took)
			}
		})
	}
}

// TestDeadAddress sends to an address where nobody is: what is sent there is
// dropped at once, and again and again.
func TestDeadAddress(t *testing.T) {
	b := open(t, plain())
	address := b.remote.Address()
	b.close()
	a := open(t, plain())
	for dial := 1; dial <= 3; dial++ {
		eventually(t, "another stream is tried in vain", func() bool {
			a.send(actor.NewPID(address, "inbox"), "hello")
			return a.counted("dials_failed_total", "") >= dial
		})
	}
	a.wantCount("dropped_total", "lost", 3)
	a.wantCount("dropped_total", "unreachable", 1)
	if n := len(a.broken); n != 0 {
		t.Errorf("%d streams broke that never were", n)
	}
}

// TestPeerRestarts wants both ends to be told of the break, and a new process at
// the old address to be reached, without what was sent to the one before.
func TestPeerRestarts(t *testing.T) {
	pairs(t, func(t *testing.T, a, b *node) {
		a.asks(b.at("inbox"), "hello") // a stream each way
		address := b.remote.Address()
		b.close()
		for range 2 {
			select {
			case got := <-a.broken:
				if got != address {
					t.Fatalf("the stream to %s broke", got)
				}
			case <-time.After(soon):
				t.Fatal("nobody tells that the node is gone")
			}
		}
		for range 100 {
			a.send(actor.NewPID(address, "inbox"), "old")
		}
		a.remote.Terminate(address)
		cfg := b.cfg
		cfg.Bind = address
		b = open(t, cfg)
		a.asks(b.at("inbox"), "new")
		for len(b.got) > 0 {
			if got := <-b.got; got != "new" {
				t.Fatalf("the new process got %q", got)
			}
		}
		b.alive()
	})
}

// TestTerminateKeepsSending wants messages to go by a new stream after the old
// one was given up.
func TestTerminateKeepsSending(t *testing.T) {
	pairs(t, func(t *testing.T, a, b *node) {
		for range 20 {
			a.asks(b.at("inbox"), "hello")
			a.remote.Terminate(b.remote.Address())
		}
		if n := len(a.broken); n != 0 {
			// Those from b may end as well: it is not told why ours ended.
			t.Logf("%d streams broke", n)
		}
		a.asks(b.at("inbox"), "still there")
	})
}

// TestOnlyPayloadsLeave wants a node to send nothing that another would refuse.
func TestOnlyPayloadsLeave(t *testing.T) {
	a, b := open(t, plain()), open(t, plain())
	to := b.at("inbox")
	a.system.Root.Send(to, wrapperspb.String("text"))
	a.system.Root.Send(to, "no protobuf")
	a.system.Root.Poison(to)
	a.system.Root.Stop(to)
	a.system.Root.Send(actor.NewPID("nowhere", "inbox"), wrapperspb.Bytes(nil))
	a.wantCount("dropped_total", "type", 4)
	a.wantCount("dropped_total", "address", 1)
	b.alive()
}

// TestUnknownTarget wants a message to nobody to be counted and to harm nobody.
func TestUnknownTarget(t *testing.T) {
	a, b := open(t, plain()), open(t, plain())
	a.send(b.at("future$0"), "too late")
	b.wantCount("dead_letters_total", "", 1)
	a.asks(b.at("inbox"), "hello")
}

func TestCloseIsQuickAndFinal(t *testing.T) {
	pairs(t, func(t *testing.T, a, b *node) {
		a.asks(b.at("inbox"), "hello")
		began := time.Now()
		a.remote.Close()
		a.remote.Close()
		if took := time.Since(began); took > soon/2 {
			t.Errorf("took %v", took)
		}
		a.send(b.at("inbox"), "late")
		a.remote.Terminate(b.remote.Address())
		b.alive()
	})
}

// TestCloseWhileSending closes under senders that do not stop.
func TestCloseWhileSending(t *testing.T) {
	pairs(t, func(t *testing.T, a, b *node) {
		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for {
				select {
				case <-stop:
					return
				case <-b.got:
				default:
					a.send(b.at("inbox"), "hello")
				}
			}
		}()
		b.wantCount("messages_received_total", "", 100)
		a.remote.Close()
		close(stop)
		<-done
	})
}

func TestOpenRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := plain()
	cfg.Bind = taken.Addr().String()
	if _, err := remoting.Open(newSystem(), cfg); !errors.Is(err, remoting.ErrListen) {
		t.Errorf("a port that is taken: %v", err)
	}
}
