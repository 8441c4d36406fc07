package main

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
)

// greeting returns the first event of a client's stream, rendered. Its spaces
// are part of it: there are clients that compare it as text.
func greeting(id string, now time.Time) []byte {
	data := append([]byte(`{"type": "connected", "streamId": `), quote(id)...)
	data = append(data, `, "timestamp": "`+stamp(now)+`"}`...)
	return sse.AppendEvent(nil, sse.Event{Data: data})
}

// quote returns text as a JSON string in which nothing is escaped that need not
// be, as JavaScript does it.
func quote(text string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string into memory: it can't fail
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'})
}
