package loadclient_test

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/control"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/floor"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/loadclient"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
	"github.com/parlor-sse/parlor/cmd/parlor/bench/traffic"
)

// start runs a role in this process until the test ends.
func start(t *testing.T, run func(context.Context, io.Reader, io.Writer) error) *control.Caller {
	t.Helper()
	requestsIn, requestsOut := io.Pipe()
	repliesIn, repliesOut := io.Pipe()
	served := make(chan error, 1)
	go func() {
		served <- run(context.Background(), requestsIn, repliesOut)
		repliesOut.Close()
	}()
	t.Cleanup(func() {
		requestsOut.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return control.NewCaller(requestsOut, repliesIn)
}

// call performs an operation that must succeed.
func call[T any](t *testing.T, c *control.Caller, op string, args any) T {
	t.Helper()
	var result T
	if err := c.Call(t.Context(), op, args, &result); err != nil {
		t.Fatal(err)
	}
	return result
}

// do performs an operation that must succeed and has no result.
func do(t *testing.T, c *control.Caller, op string, args any) {
	t.Helper()
	if err := c.Call(t.Context(), op, args, nil); err != nil {
		t.Fatal(err)
	}
}

func TestEveryStreamGetsEverythingOnceAndInOrder(t *testing.T) {
	for _, poll := range []time.Duration{0, 3 * time.Millisecond} {
		t.Run("poll "+poll.String(), func(t *testing.T) {
			const streams = 50
			server, client := start(t, floor.Run), start(t, loadclient.Run)
			addr := call[floor.ListenReport](t, server, floor.OpListen, nil).Addr
			do(t, server, traffic.OpOpen, traffic.OpenSpec{Size: 200})

			connect := loadclient.ConnectSpec{
				Addr: addr, Path: "/connect?room={room}", Rooms: traffic.Rooms{Prefix: "r", Count: 1},
				Streams: streams, Mode: ssecheck.ByID, InFlight: 8, SourceIP: "127.0.0.2",
				Timeout: 20 * time.Second, Poll: poll,
			}
			got := call[loadclient.ConnectReport](t, client, loadclient.OpConnect, connect)
			if got.Connected != streams || got.Failed != 0 || got.Head.Count() != streams {
				t.Fatalf("%+v", got)
			}

			do(t, client, loadclient.OpBegin, nil)
			sent := call[traffic.PublishReport](t, server, traffic.OpPublish,
				traffic.PublishSpec{Rate: 200, Duration: 200 * time.Millisecond})
			if sent.Accepted == 0 || len(sent.Rooms) != 1 {
				t.Fatalf("%+v", sent)
			}
			settled := call[loadclient.SettleReport](t, client, loadclient.OpSettle,
				loadclient.SettleSpec{Accepted: []uint64{sent.Accepted}, Timeout: 20 * time.Second})
			if !settled.Settled || settled.Open != streams || settled.Closed != 0 || settled.Tally.Wrong() {
				t.Fatalf("%+v", settled)
			}
			if settled.LastIDs[0] != sent.Rooms[0].LastID {
				t.Errorf("last id %s, published %s", settled.LastIDs[0], sent.Rooms[0].LastID)
			}
			window := call[loadclient.WindowReport](t, client, loadclient.OpEnd, nil)
			want := sent.Accepted * streams
			if window.Tally.Messages != want || window.Latency.Count() != want || settled.Tally.Messages != want {
				t.Errorf("got %d messages, %d latencies, want %d", window.Tally.Messages, window.Latency.Count(), want)
			}
			do(t, client, loadclient.OpClose, nil)
		})
	}
}

func TestTailThatNeverComesIsSeen(t *testing.T) {
	server, client := start(t, floor.Run), start(t, loadclient.Run)
	addr := call[floor.ListenReport](t, server, floor.OpListen, nil).Addr
	spec := loadclient.ConnectSpec{Addr: addr, Path: "/", Rooms: traffic.Rooms{Count: 2}, Streams: 4, InFlight: 4}
	call[loadclient.ConnectReport](t, client, loadclient.OpConnect, spec)
	got := call[loadclient.SettleReport](t, client, loadclient.OpSettle,
		loadclient.SettleSpec{Accepted: []uint64{3, 5}, Timeout: time.Millisecond})
	if got.Settled || got.Behind != 2*3+2*5 {
		t.Errorf("%+v", got)
	}
}

func TestFailuresAreReported(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client := start(t, loadclient.Run)
	spec := loadclient.ConnectSpec{
		Addr: listener.Addr().String(), Path: "/", Rooms: traffic.Rooms{Count: 1},
		Streams: 3, InFlight: 2, Timeout: 50 * time.Millisecond,
	}
	got := call[loadclient.ConnectReport](t, client, loadclient.OpConnect, spec) // nobody answers
	if got.Connected != 0 || got.Failed != 3 || got.Error == "" {
		t.Errorf("silent server: %+v", got)
	}
	listener.Close()
	spec.Timeout = 20 * time.Second
	got = call[loadclient.ConnectReport](t, client, loadclient.OpConnect, spec) // nobody is there
	if got.Connected != 0 || got.Failed != 3 || got.Error == "" {
		t.Errorf("no server: %+v", got)
	}
	spec.Addr = "example.org:80"
	if err := client.Call(t.Context(), loadclient.OpConnect, spec, nil); err == nil {
		t.Error("a name was accepted as an address")
	}
}

func TestServerThatClosesIsSeen(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	served := make(chan struct{})
	go func() {
		defer close(served)
		for range 2 {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := conn.Read(make([]byte, 1000)); err == nil {
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
			}
			conn.Close()
		}
	}()
	client := start(t, loadclient.Run)
	spec := loadclient.ConnectSpec{
		Addr: listener.Addr().String(), Path: "/", Rooms: traffic.Rooms{Count: 1},
		Streams: 2, InFlight: 1, Timeout: 20 * time.Second,
	}
	got := call[loadclient.ConnectReport](t, client, loadclient.OpConnect, spec)
	<-served
	if got.Connected != 2 {
		t.Fatalf("%+v", got)
	}
	// The end of a stream may be seen a little after its head.
	for deadline := time.Now().Add(20 * time.Second); ; {
		settled := call[loadclient.SettleReport](t, client, loadclient.OpSettle, loadclient.SettleSpec{Accepted: []uint64{0}})
		if settled.Closed == 2 && settled.Open == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v", settled)
		}
		time.Sleep(time.Millisecond)
	}
}
