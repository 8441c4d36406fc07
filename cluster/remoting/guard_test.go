package remoting_test

import (
	"context"
	"crypto/tls"
	"io"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const stranger = "127.0.0.1:9" // where the tests' own clients say they are

// dial connects to a node as a program does that is none.
func dial(t *testing.T, address string, creds credentials.TransportCredentials) remote.RemotingClient {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(creds))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return remote.NewRemotingClient(conn)
}

func greeting(address string) *remote.RemoteMessage {
	return &remote.RemoteMessage{MessageType: &remote.RemoteMessage_ConnectRequest{ConnectRequest: &remote.ConnectRequest{
		ConnectionType: &remote.ConnectRequest_ServerConnection{ServerConnection: &remote.ServerConnection{Address: address}},
	}}}
}

func carrying(b *remote.MessageBatch) *remote.RemoteMessage {
	return &remote.RemoteMessage{MessageType: &remote.RemoteMessage_MessageBatch{MessageBatch: b}}
}

func marshal(t *testing.T, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// one is a batch of one message without a sender.
func one(t *testing.T, target string, m proto.Message) *remote.MessageBatch {
	return &remote.MessageBatch{
		TypeNames: []string{string(proto.MessageName(m))},
		Targets:   []string{target},
		Envelopes: []*remote.MessageEnvelope{{MessageData: marshal(t, m)}},
	}
}

// exchange greets as a node at stranger and sends messages. It returns with the
// end of the stream, which is nil if the node ended it only because we did.
func exchange(t *testing.T, c remote.RemotingClient, messages ...*remote.RemoteMessage) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	stream, err := c.Receive(ctx)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if err := stream.Send(m); err != nil {
			break // Recv tells
		}
	}
	_ = stream.CloseSend()
	for {
		if _, err := stream.Recv(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// refusing are the messages after a greeting that end the stream.
func refusing(t *testing.T) map[string]*remote.RemoteMessage {
	payload := func() *remote.MessageBatch { return one(t, "inbox", wrapperspb.Bytes([]byte("x"))) }
	change := func(f func(*remote.MessageBatch)) *remote.RemoteMessage {
		b := payload()
		f(b)
		return carrying(b)
	}
	return map[string]*remote.RemoteMessage{
		"target beyond the list": change(func(b *remote.MessageBatch) { b.Envelopes[0].Target = 99 }),
		"target below zero":      change(func(b *remote.MessageBatch) { b.Envelopes[0].Target = -1 }),
		"no targets":             change(func(b *remote.MessageBatch) { b.Targets = nil }),
		"type beyond the list":   change(func(b *remote.MessageBatch) { b.Envelopes[0].TypeId = 99 }),
		"type below zero":        change(func(b *remote.MessageBatch) { b.Envelopes[0].TypeId = -1 }),
		"no types":               change(func(b *remote.MessageBatch) { b.TypeNames = nil }),
		"sender beyond the list": change(func(b *remote.MessageBatch) { b.Envelopes[0].Sender = 1 }),
		"sender below zero":      change(func(b *remote.MessageBatch) { b.Envelopes[0].Sender = -1 }),
		"nothing":                {},
		"a second greeting":      greeting(stranger),
		"a farewell":             {MessageType: &remote.RemoteMessage_DisconnectRequest{DisconnectRequest: &remote.DisconnectRequest{}}},
		"an answer":              {MessageType: &remote.RemoteMessage_ConnectResponse{ConnectResponse: &remote.ConnectResponse{}}},
	}
}

// TestStreamsThatEnd sends what would make remote panic, or what no node sends.
func TestStreamsThatEnd(t *testing.T) {
	n := open(t, plain())
	c := dial(t, n.remote.Address(), insecure.NewCredentials())
	for what, m := range refusing(t) {
		if err := exchange(t, c, greeting(stranger), m); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", what, err)
		}
		n.alive()
	}
	for what, m := range map[string]*remote.RemoteMessage{
		"messages before a greeting": carrying(one(t, "inbox", wrapperspb.Bytes([]byte("x")))),
		"greeting of a client": {MessageType: &remote.RemoteMessage_ConnectRequest{ConnectRequest: &remote.ConnectRequest{
			ConnectionType: &remote.ConnectRequest_ClientConnection{ClientConnection: &remote.ClientConnection{}},
		}}},
		"empty greeting":              {MessageType: &remote.RemoteMessage_ConnectRequest{ConnectRequest: &remote.ConnectRequest{}}},
		"greeting without an address": greeting(""),
		"greeting from no address":    greeting("here"),
	} {
		if err := exchange(t, c, m); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", what, err)
		}
		n.alive()
	}
	if len(n.got) != 0 {
		t.Errorf("the process got %q", <-n.got)
	}
}

// TestCallsRefused makes the calls that make remote panic.
func TestCallsRefused(t *testing.T) {
	n := open(t, plain())
	c := dial(t, n.remote.Address(), insecure.NewCredentials())
	if _, err := c.ListProcesses(t.Context(), &remote.ListProcessesRequest{}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("ListProcesses: %v", err)
	}
	if _, err := c.GetProcessDiagnostics(t.Context(), &remote.GetProcessDiagnosticsRequest{Pid: n.inbox}); status.Code(err) != codes.PermissionDenied {
		t.Errorf("GetProcessDiagnostics: %v", err)
	}
	n.alive()
	n.wantCount("refused_total", "method", 2)
}

// TestMessagesDropped sends what remote would pass on, and wants nobody to get
// it, but what comes after it to arrive.
func TestMessagesDropped(t *testing.T) {
	n := open(t, plain())
	c := dial(t, n.remote.Address(), insecure.NewCredentials())
	payload := wrapperspb.Bytes([]byte("forged"))
	change := func(f func(*remote.MessageBatch)) *remote.MessageBatch {
		b := one(t, "inbox", payload)
		f(b)
		return b
	}
	for reason, batches := range map[string][]*remote.MessageBatch{
		"type": {
			one(t, "inbox", &actor.Stop{}),
			one(t, "inbox", &actor.PoisonPill{}),
			one(t, "inbox", &actor.Watch{Watcher: actor.NewPID(stranger, "x")}),
			one(t, "inbox", &actor.Unwatch{Watcher: actor.NewPID(stranger, "x")}),
			one(t, "inbox", &actor.Terminated{Who: actor.NewPID(stranger, "x")}),
			one(t, "inbox", &actor.DeadLetterResponse{}),
			one(t, "inbox", &remote.ActorPidRequest{Kind: "x"}),
			one(t, "inbox", wrapperspb.String("text")),
			change(func(b *remote.MessageBatch) { b.TypeNames[0] = "no.such.Type" }),
			change(func(b *remote.MessageBatch) { b.Envelopes[0].SerializerId = 1 }),
			change(func(b *remote.MessageBatch) { b.Envelopes[0].SerializerId = -1 }),
			change(func(b *remote.MessageBatch) { b.Envelopes[0].MessageData = []byte{0x0a, 200} }),
			change(func(b *remote.MessageBatch) { b.Envelopes[0].MessageData = []byte{0x08, 1} }),
		},
		"target": {
			one(t, "activator", payload),
			one(t, "EndpointSupervisor", payload),
			one(t, "eventstream", payload),
			one(t, "deadletter", payload),
			one(t, "", payload),
			one(t, "future", payload),
			one(t, "future$", payload),
			one(t, "future$a/b", payload),
			one(t, "future$0123456789ab", payload),
			one(t, "inbox/$1", payload),
			one(t, "$1", payload),
		},
		"sender": {
			change(func(b *remote.MessageBatch) {
				b.Senders, b.Envelopes[0].Sender = []*actor.PID{actor.NewPID("127.0.0.1:10", "x")}, 1
			}),
			change(func(b *remote.MessageBatch) {
				b.Senders, b.Envelopes[0].Sender = []*actor.PID{actor.NewPID(n.remote.Address(), "inbox")}, 1
			}),
			change(func(b *remote.MessageBatch) {
				b.Senders, b.Envelopes[0].Sender = []*actor.PID{actor.NewPID(stranger, "")}, 1
			}),
		},
	} {
		messages := []*remote.RemoteMessage{greeting(stranger)}
		for _, b := range batches {
			messages = append(messages, carrying(b))
		}
		messages = append(messages, carrying(one(t, "inbox", wrapperspb.Bytes([]byte("after "+reason)))))
		if err := exchange(t, c, messages...); err != nil {
			t.Errorf("%s: %v", reason, err)
		}
		if got := <-n.got; got != "after "+reason {
			t.Errorf("%s: the process got %q", reason, got)
		}
		n.wantCount("refused_total", reason, len(batches))
		if got := n.counted("refused_total", reason); got != len(batches) {
			t.Errorf("%s: %d of %d messages refused", reason, got, len(batches))
		}
		n.alive()
	}
	select {
	case <-n.stopped:
		t.Error("the process was stopped")
	default:
	}
}

// TestOneBadMessageOfMany wants the rest of a batch to arrive.
func TestOneBadMessageOfMany(t *testing.T) {
	n := open(t, plain())
	c := dial(t, n.remote.Address(), insecure.NewCredentials())
	text := func(s string) []byte { return marshal(t, wrapperspb.Bytes([]byte(s))) }
	err := exchange(t, c, greeting(stranger), carrying(&remote.MessageBatch{
		TypeNames: []string{"actor.Stop", "google.protobuf.BytesValue"},
		Targets:   []string{"inbox", "other"},
		Envelopes: []*remote.MessageEnvelope{
			{TypeId: 1, MessageData: text("one")},
			{TypeId: 0},
			{TypeId: 1, Target: 1, MessageData: text("lost")},
			{TypeId: 1, MessageData: text("two"), MessageHeader: &remote.MessageHeader{HeaderData: map[string]string{"a": "b"}}},
			{TypeId: 1},
		},
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"one", "two", ""} {
		if got := <-n.got; got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
}

// TestCertificates comes with certificates that are none, are another
// authority's, or are of nodes that may not send here.
func TestCertificates(t *testing.T) {
	ca, d := newAuthority(t), &directory{}
	cfg := secure(ca.identity("a"), d)
	cfg.Allow = func(name string) bool { return name != "banned" }
	n := open(t, cfg)
	d.put(n.remote.Address(), "a")
	d.put(stranger, "b")
	d.put("127.0.0.1:10", "c")
	foreign := newAuthority(t)
	for what, c := range map[string]struct {
		creds  credentials.TransportCredentials
		from   string
		code   codes.Code
		reason string
	}{
		"plain text":          {insecure.NewCredentials(), stranger, codes.Unavailable, "handshake"},
		"no certificate":      {credentials.NewTLS(&tls.Config{InsecureSkipVerify: true}), stranger, codes.Unavailable, "handshake"},
		"TLS 1.2":             {credentials.NewTLS(old(ca.identity("b").Client("a"))), stranger, codes.Unavailable, "handshake"},
		"foreign certificate": {credentials.NewTLS(blind(foreign.identity("b").Client(""))), stranger, codes.Unavailable, "handshake"},
		"banned node":         {credentials.NewTLS(ca.identity("banned").Client("a")), stranger, codes.PermissionDenied, "certificate"},
		"another's address":   {credentials.NewTLS(ca.identity("b").Client("a")), "127.0.0.1:10", codes.InvalidArgument, "address"},
		"nobody's address":    {credentials.NewTLS(ca.identity("b").Client("a")), "127.0.0.1:11", codes.InvalidArgument, "address"},
	} {
		before := n.counted("refused_total", c.reason)
		client := dial(t, n.remote.Address(), c.creds)
		err := exchange(t, client, greeting(c.from), carrying(one(t, "inbox", wrapperspb.Bytes([]byte("forged")))))
		if status.Code(err) != c.code {
			t.Errorf("%s: %v", what, err)
		}
		n.wantCount("refused_total", c.reason, before+1)
	}
	client := dial(t, n.remote.Address(), credentials.NewTLS(ca.identity("b").Client("a")))
	if err := exchange(t, client, greeting(stranger), carrying(one(t, "inbox", &actor.Stop{})), carrying(one(t, "inbox", wrapperspb.Bytes([]byte("fair"))))); err != nil {
		t.Error(err)
	}
	if got := <-n.got; got != "fair" {
		t.Errorf("the process got %q", got)
	}
	n.alive()
}

// blind returns settings that take whoever answers.
func blind(c *tls.Config) *tls.Config { c.VerifyConnection = nil; return c }

func old(c *tls.Config) *tls.Config {
	c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	return c
}

// TestWhoIsDialled wants a node to talk only to the one that belongs to an
// address.
func TestWhoIsDialled(t *testing.T) {
	ca, d := newAuthority(t), &directory{}
	a, b := open(t, secure(ca.identity("a"), d)), open(t, secure(ca.identity("b"), d))
	d.put(a.remote.Address(), "a")
	for _, name := range []string{"", "c"} { // nobody, and another than who is there
		if name != "" {
			d.put(b.remote.Address(), name)
		}
		before := a.counted("dials_failed_total", "")
		eventually(t, "dialling fails", func() bool {
			a.send(b.at("inbox"), "secret")
			return a.counted("dials_failed_total", "") > before
		})
	}
	if n := b.counted("messages_received_total", "") + len(b.got); n != 0 {
		t.Errorf("%d messages arrived", n)
	}
	d.put(b.remote.Address(), "b")
	a.asks(b.at("inbox"), "hello")
}

// TestStreamFromNodeBreaks wants a node to be told when another's stream ends.
func TestStreamFromNodeBreaks(t *testing.T) {
	n := open(t, plain())
	c := dial(t, n.remote.Address(), insecure.NewCredentials())
	if err := exchange(t, c, greeting(stranger)); err != nil {
		t.Fatal(err)
	}
	select {
	case address := <-n.broken:
		if address != stranger {
			t.Errorf("the stream from %s broke", address)
		}
	case <-time.After(soon):
		t.Error("nobody tells that the stream broke")
	}
	n.wantCount("streams_broken_total", "in", 1)
}
