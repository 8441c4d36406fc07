// Package control lets one process direct another over a pair of pipes: a
// request is one JSON value on a line, and so is its reply.
package control

import "encoding/json"

// request asks for an operation.
type request struct {
	Op   string          `json:"op"`
	Args json.RawMessage `json:"args,omitempty"`
}

// reply answers the request before it.
type reply struct {
	Error  string          `json:"error,omitempty"` // empty if the operation succeeded
	Result json.RawMessage `json:"result,omitempty"`
}
