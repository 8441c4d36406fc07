package sseclients

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/parlor-sse/parlor/actors/sse"
)

// SendEvent sends an event to the client with that key: data in its JSON form,
// as encoding/json makes it, without escapes for HTML. A json.RawMessage is
// passed on compacted.
//
// It queues the event and does not wait until the client has it. The errors are
// ErrBadEvent, ErrBadData, ErrTooLarge, ErrUnknownClient, ErrOverloaded and
// ErrClosed.
func (m *Manager) SendEvent(key, event string, data any) error {
	rendered, err := m.render(event, data)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.clients[key]
	switch {
	case m.closed:
		return ErrClosed
	case !ok:
		return ErrUnknownClient
	case c.fullLocked():
		m.counts.overloaded++
		return ErrOverloaded
	}
	c.sendLocked(rendered)
	return nil
}

// Broadcast sends an event to all clients and returns how many there are. All
// clients get broadcasts in the same order. The data and the errors are those of
// SendEvent, without ErrUnknownClient: to nobody is no error.
func (m *Manager) Broadcast(event string, data any) (int, error) {
	rendered, err := m.render(event, data)
	if err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return 0, ErrClosed
	case m.overloadedLocked():
		m.counts.overloaded++
		return 0, ErrOverloaded
	}
	m.lagging = 0
	for _, c := range m.clients {
		if c.sendLocked(rendered) {
			m.lagging++
		}
	}
	return len(m.clients), nil
}

// overloadedLocked reports whether the queues of most clients are full. Then it
// is the sender that is too fast; a few that lag are slow, and will be cut.
func (m *Manager) overloadedLocked() bool {
	if 2*m.lagging <= len(m.clients) {
		return false
	}
	m.lagging = 0
	for _, c := range m.clients {
		if c.fullLocked() {
			m.lagging++
		}
	}
	return 2*m.lagging > len(m.clients)
}

// render returns the frame of an event without its id line, which comes first.
func (m *Manager) render(event string, data any) ([]byte, error) {
	if !sse.ValidName(event) {
		return nil, ErrBadEvent
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(data); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadData, err)
	}
	line := bytes.TrimSuffix(text.Bytes(), []byte("\n"))
	if !utf8.Valid(line) {
		return nil, fmt.Errorf("%w: it is not UTF-8", ErrBadData)
	}
	const around = len("event: \ndata: \n\n")
	frame := sse.AppendEvent(make([]byte, 0, around+len(event)+len(line)), sse.Event{Name: event, Data: line})
	if len(frame) > m.cfg.QueueBytes {
		return nil, fmt.Errorf("%w: %d bytes of %d", ErrTooLarge, len(frame), m.cfg.QueueBytes)
	}
	return frame, nil
}
