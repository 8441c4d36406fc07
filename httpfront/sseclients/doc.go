// Package sseclients adds server-sent events to a server that is somebody
// else's: a Manager keeps the streams of clients that the server knows by keys
// of its own, and sends events to one of them or to all.
//
// It serves programs built on net/http and on fasthttp alike, and has no more
// to do with rooms than the engine that sends: there is no history, no storage
// and no cluster. Each stream numbers its events from 1.
//
// # Connections
//
// A stream needs HTTP/1.x, because it takes the connection away from the
// server. On Linux a plain TCP connection is then a descriptor of the engine's
// and no goroutine is left for it. Any other connection, TLS among them, costs
// one goroutine. An HTTP/2 request, and one whose ResponseWriter hides the
// connection as that of http.TimeoutHandler does, is refused with
// ErrNotHijackable; a TLS server of net/http has to be told to offer HTTP/1
// alone:
//
//	server.Protocols = new(http.Protocols)
//	server.Protocols.SetHTTP1(true)
//
// A fasthttp.Server needs KeepHijackedConns: without it, streams that cost a
// goroutine are closed as soon as they are open.
//
// Neither server's Shutdown knows of streams any more: call Manager.Close first.
//
// # Slow clients
//
// What a client has not been sent yet waits in a queue, bounded in events and
// in bytes. A client whose queue is full half a second after it ceased to keep up
// is cut, as is one that takes nothing for ten seconds; no other client waits
// for it. A sender that is too fast for most clients is refused with
// ErrOverloaded instead, unless their connections cost a goroutine each: there
// the engine can't tell, and the clients are cut.
package sseclients
