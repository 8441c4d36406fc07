package httpfront

import (
	"context"
	"net"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// stillRooms answers without doing anything.
type (
	anyRooms   = Rooms
	stillRooms struct{ anyRooms }
)

func (stillRooms) HasKind(string) bool   { return true }
func (stillRooms) Reachable(string) bool { return true }

func (stillRooms) Publish(_ context.Context, p actors.Publication) (actors.Receipt, error) {
	return actors.Receipt{ID: persistence.Position{Epoch: 7, Seq: 42}, Data: p.Body, Durability: "fsync", Copies: 1, Of: 1}, nil
}

func (stillRooms) Subscribe(_ context.Context, r actors.SubscribeRequest) (Stream, error) {
	r.Closed()
	return stillStream{}, nil
}

type stillStream struct{}

func (stillStream) Attach(net.Conn, []byte) {}
func (stillStream) Cancel()                 {}

// BenchmarkServe is what a request costs between fasthttp and the rooms.
func BenchmarkServe(b *testing.B) {
	srv, err := New(Default(), stillRooms{})
	if err != nil {
		b.Fatal(err)
	}
	for name, request := range map[string]func(*fasthttp.Request){
		"connect": func(r *fasthttp.Request) {
			r.SetRequestURI("/connect?room=my-room&client=me")
			r.Header.Set("Accept", "text/event-stream")
		},
		"broadcast": func(r *fasthttp.Request) {
			r.SetRequestURI("/broadcast?room=my-room&event=tick")
			r.Header.SetMethod("POST")
			r.Header.SetContentType("application/json")
			r.SetBodyString(`{"message":"Hello World","data":{"a":[1,2,3]},"text":"some more of it"}`)
		},
	} {
		b.Run(name, func(b *testing.B) {
			var ctx fasthttp.RequestCtx
			var req fasthttp.Request
			request(&req)
			req.SetHost("localhost")
			ctx.Init(&req, &net.TCPAddr{IP: net.IPv4(203, 0, 113, 1), Port: 1}, nil)
			b.ReportAllocs()
			for b.Loop() {
				ctx.Response.Reset()
				srv.serve(&ctx)
				if ctx.Response.StatusCode() != 200 {
					b.Fatalf("%d %s", ctx.Response.StatusCode(), ctx.Response.Body())
				}
			}
		})
	}
}
