package remoting_test

import (
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// BenchmarkOneWay sends messages of 200 bytes as fast as they arrive.
func BenchmarkOneWay(b *testing.B) {
	from, to := open(b, plain()), open(b, plain())
	payload, inbox := make([]byte, 200), to.at("inbox")
	b.ReportAllocs()
	waiting := 0
	for b.Loop() {
		from.system.Root.Send(inbox, wrapperspb.Bytes(payload))
		if waiting++; waiting == 10_000 {
			for ; waiting > 5000; waiting-- {
				<-to.got
			}
		}
	}
	for ; waiting > 0; waiting-- {
		<-to.got
	}
}

// BenchmarkAnswer asks one question after the other.
func BenchmarkAnswer(b *testing.B) {
	from, to := open(b, plain()), open(b, plain())
	inbox := actor.NewPID(to.remote.Address(), "inbox")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := from.ask(inbox, "hello"); err != nil {
			b.Fatal(err)
		}
		<-to.got
	}
}
