package actors

import (
	"encoding/binary"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// Subscriber is who is behind a stream.
type Subscriber struct {
	ID     string    `json:"id"`               // of the stream, unique in the cluster
	Client string    `json:"client,omitempty"` // the client's own id, as ?client= gave it; may be empty
	User   string    `json:"user,omitempty"`   // whose stream it is, as its token says; may be empty
	Node   string    `json:"node"`             // front that holds the stream
	Since  time.Time `json:"since"`            // when it began
}

func subscriberOf(front string, l *listener) Subscriber {
	return Subscriber{
		ID:     front + ":" + formatID(l.ID),
		Client: l.Client, User: l.User, Node: front, Since: time.UnixMilli(l.Since).UTC(),
	}
}

const idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// formatID returns a stream's number in a short form.
func formatID(n uint64) string {
	var b [13]byte
	i := len(b)
	for first := true; first || n > 0; first = false {
		i--
		b[i] = idAlphabet[n%32]
		n /= 32
	}
	return string(b[i:])
}

// rosterItemOf returns the item that says that the behaviour was told of a
// stream.
func rosterItemOf(front string, l *listener) persistence.Item {
	key := append([]byte(rosterItem+front), 0)
	key = binary.BigEndian.AppendUint64(key, l.ID)
	if l.User == "" {
		value := binary.BigEndian.AppendUint64(nil, uint64(l.Since))
		return persistence.Item{Key: string(key), Value: append(value, l.Client...)}
	}
	value := binary.BigEndian.AppendUint64(nil, uint64(l.Since)|withUser)
	value = binary.AppendUvarint(value, uint64(len(l.User)))
	value = append(value, l.User...)
	return persistence.Item{Key: string(key), Value: append(value, l.Client...)}
}

// withUser is set in the time of an item that names a user as well, ahead of the
// client. Older programs stored none that do.
const withUser = 1 << 63

// listenerOf reads what rosterItemOf made.
func listenerOf(it persistence.Item) (front string, l *listener, ok bool) {
	rest, ok := strings.CutPrefix(it.Key, rosterItem)
	front, id, found := strings.Cut(rest, "\x00")
	if !ok || !found || len(id) != 8 || len(it.Value) < 8 {
		return "", nil, false
	}
	since, names := binary.BigEndian.Uint64(it.Value), it.Value[8:]
	l = &listener{ID: binary.BigEndian.Uint64([]byte(id)), Since: int64(since &^ withUser)}
	if since&withUser != 0 {
		n, size := binary.Uvarint(names)
		if size <= 0 || n > uint64(len(names)-size) {
			return "", nil, false
		}
		l.User, names = string(names[size:][:n]), names[size:][n:]
	}
	l.Client = string(names)
	return front, l, true
}

// eachTold calls f for everybody of whom the room's behaviour was told.
func eachTold(s *persistence.Storage, f func(front string, l *listener)) {
	s.Ascend(rosterItem, func(it persistence.Item) bool {
		if it.Key >= userItem {
			return false
		}
		if front, l, ok := listenerOf(it); ok {
			f(front, l)
		}
		return true
	})
}

// told returns those of whom the behaviour was told, as of this turn.
func (t *turn) told() []Subscriber {
	var all []Subscriber
	eachTold(t.storage, func(front string, l *listener) { all = append(all, subscriberOf(front, l)) })
	return all
}

// present returns those who listen now.
func (r *runner) present() []Subscriber {
	r.seen.mu.Lock()
	defer r.seen.mu.Unlock()
	var all []Subscriber
	for front, at := range r.seen.subscribers {
		for _, l := range at {
			all = append(all, subscriberOf(front, l))
		}
	}
	return all
}
