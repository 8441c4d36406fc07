package remoting

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// TestFutures holds the rule for the ids of reply futures against protoactor's
// own: if it names them otherwise one day, answers must not just vanish.
func TestFutures(t *testing.T) {
	system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger {
		return slog.New(slog.DiscardHandler)
	}))
	defer system.Shutdown()
	for range 200 {
		if id := actor.NewFuture(system, 0).PID().Id; !isFuture(id) {
			t.Fatalf("%q is a future", id)
		}
		system.ProcessRegistry.SequenceID += 1 << 56
	}
}

// FuzzPayload reads a BytesValue as proto does, or refuses what proto refuses.
func FuzzPayload(f *testing.F) {
	f.Add([]byte{})
	f.Add(appendPayload(nil, []byte("payload")))
	f.Add(append(appendPayload(nil, []byte("first")), appendPayload(nil, []byte("last"))...))
	f.Add([]byte{0x0a, 0x00, 0x10, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		payload, ok := payloadOf(b)
		var want wrapperspb.BytesValue
		err := proto.Unmarshal(b, &want)
		if ok && (err != nil || !bytes.Equal(payload, want.Value)) {
			t.Fatalf("%x is %x, want %x, %v", b, payload, want.Value, err)
		}
		again, ok2 := payloadOf(appendPayload(nil, b))
		if !ok2 || !bytes.Equal(again, b) {
			t.Fatalf("%x became %x", b, again)
		}
	})
}

// FuzzInspect gives a node arbitrary batches: it must neither panic nor pass on
// what is not for others.
func FuzzInspect(f *testing.F) {
	sample := &remote.MessageBatch{
		TypeNames: []string{payloadType, "actor.Stop"},
		Targets:   []string{"inbox", "future$1", "activator"},
		Senders:   []*actor.PID{actor.NewPID("127.0.0.1:9", "x")},
		Envelopes: []*remote.MessageEnvelope{
			{MessageData: appendPayload(nil, []byte("x")), Sender: 1},
			{TypeId: 1}, {Target: 2}, {Target: 1}, {Sender: 2}, {TypeId: -1},
		},
	}
	b, err := proto.Marshal(sample)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	r := &Remote{targets: map[string]struct{}{"inbox": {}}}
	f.Fuzz(func(t *testing.T, b []byte) {
		var batch remote.MessageBatch
		if proto.Unmarshal(b, &batch) != nil {
			return
		}
		in := inspection{
			types: judge(batch.TypeNames, func(n string) bool { return n == payloadType }),
			to:    judge(batch.Targets, r.takes),
			from:  judge(batch.Senders, func(p *actor.PID) bool { return p.GetId() != "" }),
		}
		for _, e := range batch.Envelopes {
			_, refused, err := in.open(e)
			if err != nil || refused != "" {
				continue
			}
			if id := batch.Targets[e.Target]; batch.TypeNames[e.TypeId] != payloadType || id != "inbox" && !isFuture(id) {
				t.Fatalf("%v was let through", e)
			}
		}
	})
}

// TestBatch reads a batch back as another node does.
func TestBatch(t *testing.T) {
	from := &actor.PID{Address: "127.0.0.1:9", Id: "x", RequestId: 7}
	letters := []letter{
		{to: actor.NewPID("b", "inbox"), payload: []byte("one"), sender: from},
		{to: actor.NewPID("b", "other"), payload: []byte("two")},
		{to: &actor.PID{Address: "b", Id: "inbox", RequestId: 5}, sender: from},
		{to: actor.NewPID("b", "inbox"), payload: bytes.Repeat([]byte("x"), 1000), sender: actor.NewPID("127.0.0.1:9", "y")},
	}
	m, size := batch(letters)
	b := m.GetMessageBatch()
	if len(b.TypeNames) != 1 || len(b.Targets) != 2 || len(b.Senders) != 2 || len(b.Envelopes) != len(letters) {
		t.Fatalf("%v", b)
	}
	for i, e := range b.Envelopes {
		l := letters[i]
		size -= len(e.MessageData)
		if b.Targets[e.Target] != l.to.Id || e.TargetRequestId != l.to.RequestId || b.TypeNames[e.TypeId] != payloadType {
			t.Errorf("message %d: %v", i, e)
		}
		if (e.Sender == 0) != (l.sender == nil) {
			t.Errorf("message %d: sender %d", i, e.Sender)
		} else if l.sender != nil {
			got := proto.CloneOf(b.Senders[e.Sender-1])
			got.RequestId = e.SenderRequestId
			if !proto.Equal(got, l.sender) {
				t.Errorf("message %d: sender %v", i, got)
			}
		}
		if payload, ok := payloadOf(e.MessageData); !ok || !bytes.Equal(payload, l.payload) {
			t.Errorf("message %d: payload %q", i, payload)
		}
	}
	if size != 0 {
		t.Errorf("size is off by %d", size)
	}
}

func TestCut(t *testing.T) {
	of := func(sizes ...int) (list []letter) {
		for _, n := range sizes {
			list = append(list, letter{payload: make([]byte, n)})
		}
		return list
	}
	for _, c := range []struct {
		letters []letter
		want    int
	}{
		{of(1), 1},
		{of(batchBytes * 5), 1},
		{of(batchBytes*5, 1), 1},
		{of(1, batchBytes), 1},
		{of(batchBytes/2, batchBytes/4, batchBytes/2), 2},
		{of(make([]int, batchLetters)...), batchLetters},
		{of(make([]int, batchLetters+1)...), batchLetters},
	} {
		if got := cut(c.letters); got != c.want {
			t.Errorf("%d of %d letters, want %d", got, len(c.letters), c.want)
		}
	}
}

func TestQueue(t *testing.T) {
	q := newQueue(3, 10_000)
	l := letter{payload: []byte("x")}
	for i := range 4 {
		if ok := q.push(l); ok != (i < 3) {
			t.Fatalf("letter %d: %v", i, ok)
		}
	}
	taken := q.take()
	if len(taken) != 3 || len(q.take()) != 0 || q.push(l) {
		t.Fatal("what was taken counts until it is released")
	}
	q.release(taken[:2])
	for i := range 3 {
		if ok := q.push(l); ok != (i < 2) {
			t.Fatalf("two letters were released; another, %d: %v", i, ok)
		}
	}
	q.release(taken[2:])
	q.release(q.take())
	if n, bytes := q.size(); n != 0 || bytes != 0 {
		t.Fatalf("%d letters of %d bytes in an empty queue", n, bytes)
	}
	if q.push(letter{payload: make([]byte, 10_000)}) || !q.push(letter{payload: make([]byte, 9000)}) || q.push(letter{payload: make([]byte, 1000)}) {
		t.Fatal("bytes are bounded, with what a letter takes besides its payload")
	}
}
