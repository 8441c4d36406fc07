package sseclients

import (
	"bytes"
	"net/http"
)

const (
	headerAllowOrigin = "Access-Control-Allow-Origin"
	typeStream        = "text/event-stream"
	typeJSON          = "application/json"
)

// notCarried are the headers of an answer that a stream's head does not take
// from other handlers: it has its own, or they speak of a body with an end, or of
// a server that has no part in it any more.
var notCarried = map[string]bool{
	"Content-Type": true, "Cache-Control": true, "Connection": true, "Keep-Alive": true,
	"Server": true, "Content-Length": true, "Transfer-Encoding": true, "Content-Encoding": true, "Trailer": true,
}

// renderHead returns the head of a stream's response. Headers that other
// handlers have set for the answer are part of it: a cookie, what a proxy has to
// be told, or whom the browser lets read it. The body has no length: it ends
// with the connection.
func (m *Manager) renderHead(set http.Header) []byte {
	set = set.Clone()
	if set == nil {
		set = make(http.Header)
	}
	m.cfg.allowOrigin(set)
	var head bytes.Buffer
	head.WriteString("HTTP/1.1 200 OK\r\n" +
		"Content-Type: " + typeStream + "\r\n" +
		"Cache-Control: no-cache\r\n" +
		"Connection: keep-alive\r\n")
	_ = set.WriteSubset(&head, notCarried) // writing to memory does not fail
	head.WriteString("\r\n")
	return head.Bytes()
}
