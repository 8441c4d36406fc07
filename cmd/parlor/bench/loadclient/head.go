package loadclient

import (
	"bytes"
	"errors"
	"fmt"
)

// maxHead bounds the head of an answer, in bytes.
const maxHead = 16 << 10

// Why an answer is not an event stream that the client can read.
var (
	errLongHead = errors.New("head of the answer is too long")
	errChunked  = errors.New("the stream is chunked: only bodies that end with the connection are understood")
	errNoStream = errors.New("the answer is not an event stream")
)

// parseHead checks the head of an answer and gives its length, which is 0 as
// long as it is not complete.
func parseHead(data []byte) (int, error) {
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 {
		if len(data) > maxHead {
			return 0, errLongHead
		}
		return 0, nil
	}
	status, fields, _ := bytes.Cut(data[:end], []byte("\r\n"))
	if len(status) < 12 || !bytes.HasPrefix(status, []byte("HTTP/1.")) || string(status[9:12]) != "200" {
		return 0, fmt.Errorf("%w: %q", errNoStream, status[:min(len(status), 64)])
	}
	isStream := false
	for field := range bytes.SplitSeq(fields, []byte("\r\n")) {
		name, value, _ := bytes.Cut(field, []byte{':'})
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Type")):
			isStream = bytes.HasPrefix(value, []byte("text/event-stream"))
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			return 0, errChunked
		}
	}
	if !isStream {
		return 0, errNoStream
	}
	return end + 4, nil
}
