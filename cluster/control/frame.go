package control

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxFrame bounds a request and an answer, in bytes.
const MaxFrame = 64 << 10

// ErrTooLarge reports a request or an answer beyond MaxFrame.
var ErrTooLarge = errors.New("frame is too large")

// request asks the handler of the type.
type request struct {
	Type string          `json:"type"`
	From string          `json:"from"` // name of the node that asks
	Body json.RawMessage `json:"body,omitempty"`
}

// answer is either a body or a refusal.
type answer struct {
	Body    json.RawMessage `json:"body,omitempty"`
	Refusal *Refusal        `json:"refusal,omitempty"`
}

// Refusal is the error of a node that answered no. It is meant for operators.
type Refusal struct {
	Code     string `json:"code"` // for metrics, a word
	Sentence string `json:"sentence"`
	Final    bool   `json:"final,omitempty"` // asking again is of no use
}

// Error returns the sentence.
func (r *Refusal) Error() string { return r.Sentence }

// writeFrame writes v with its length before it.
func writeFrame(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode frame: %w", err)
	}
	if len(b) > MaxFrame {
		return fmt.Errorf("write frame of %d bytes: %w", len(b), ErrTooLarge)
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

// readFrame reads what writeFrame wrote into v.
func readFrame(r io.Reader, v any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > MaxFrame {
		return fmt.Errorf("read frame of %d bytes: %w", size, ErrTooLarge)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(r, b); err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("decode frame: %w", err)
	}
	return nil
}

// appendName appends a text of at most 255 bytes with its length before it.
func appendName(b []byte, name string) []byte {
	return append(append(b, byte(len(name))), name...)
}

// readName reads what appendName wrote.
func readName(r io.Reader) (string, error) {
	var size [1]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return "", err
	}
	name := make([]byte, size[0])
	_, err := io.ReadFull(r, name)
	return string(name), err
}
