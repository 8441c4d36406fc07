package sseclients

import (
	"fmt"
	"net/http"
	"time"
)

// Identify tells whose stream a request asks for and how long it shall live; a
// time to live of 0 or less means for ever. Its error is answered as Refuse
// does.
type Identify func(r *http.Request) (key string, ttl time.Duration, err error)

// ByQuery identifies a client by ?clientId= and the time to live by ?ttl=, in
// seconds. It believes what the client says of itself.
func ByQuery(r *http.Request) (key string, ttl time.Duration, err error) {
	return parseQuery(r.URL.RawQuery)
}

// Handler returns a handler that opens streams.
func (m *Manager) Handler(identify Identify) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, ttl, err := identify(r)
		if err == nil {
			err = m.AddClient(key, w, r, ttl)
		}
		if err != nil {
			m.Refuse(w, err)
		}
	})
}

// AddClient makes the answer to a request a stream, under key, for ttl or, if
// that is 0 or less, for ever. When it returns nil the response head was sent,
// with the headers set on w so far, events reach the client, and neither w nor
// the request's body may be used any more. Else nothing was written: the errors
// are ErrBadKey, ErrFull, ErrClosed, ErrMethod, ErrBody and ErrNotHijackable.
func (m *Manager) AddClient(key string, w http.ResponseWriter, r *http.Request, ttl time.Duration) error {
	if r.Method != http.MethodGet {
		return ErrMethod
	}
	if r.ContentLength != 0 {
		return ErrBody
	}
	if err := m.reserve(key); err != nil {
		return err
	}
	head := m.renderHead(w.Header())
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		m.release()
		return fmt.Errorf("%w: %w", ErrNotHijackable, err)
	}
	if buffered.Reader.Buffered() > 0 {
		// The client has sent more than its request; on a stream that is its end.
		m.release()
		_ = conn.Close()
		return nil
	}
	m.attach(key, ttl, conn, head)
	return nil
}
