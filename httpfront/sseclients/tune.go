package sseclients

import "net"

// sendBuffer is the size of a stream's send buffer in the kernel, in bytes. By
// default it grows to megabytes, so that a client which takes nothing would look
// like one that keeps up.
const sendBuffer = 16 << 10

// tune makes slow and vanished peers show. What can't be set stays as it is: the
// stream works without.
func tune(conn net.Conn) {
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		conn = wrapped.NetConn()
	}
	if tcp, ok := conn.(interface{ SetWriteBuffer(int) error }); ok {
		_ = tcp.SetWriteBuffer(sendBuffer)
	}
	giveUp(conn)
}
