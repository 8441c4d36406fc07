package actors

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/parlor-sse/parlor/actors/sse"
)

// Refusal is how a behaviour says no: the answer that a publisher or a caller
// gets. It is the error of Publish and Fetch methods, and reaches callers in
// other rooms and nodes as it is.
type Refusal struct {
	Status  int    // of HTTP, 400 to 599
	Code    string // for programs: 1 to 64 of the letters of event names
	Message string // for people: one sentence, at most 512 bytes
}

// Error implements error.
func (r *Refusal) Error() string {
	if r == nil {
		return plainRefusal
	}
	return fmt.Sprintf("refused: %s (%d)", r.Code, r.Status)
}

// refusalIn returns the refusal that an error is, or nil.
func refusalIn(err error) *Refusal {
	var no *Refusal
	if errors.As(err, &no) {
		return no
	}
	return nil
}

const (
	maxRefusalMessage = 512
	plainRefusal      = "refused"
)

// Refuse returns a refusal within the bounds of one: what is out of them is
// mended rather than refused itself.
func Refuse(status int, code, message string) *Refusal {
	if status < 400 || status > 599 {
		status = 400
	}
	if !sse.ValidName(code) {
		code = plainRefusal
	}
	if len(message) > maxRefusalMessage {
		message = strings.ToValidUTF8(message[:maxRefusalMessage], "") // not within a character
	}
	return &Refusal{Status: status, Code: code, Message: message}
}

// reply returns the refusal as a caller over HTTP gets it.
func (r *Refusal) reply() Reply {
	return Reply{
		Status: r.Status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: mustJSON(struct {
			Success bool   `json:"success"`
			Error   string `json:"error"`
			Message string `json:"message"`
		}{Error: r.Code, Message: r.Message}),
	}
}
