package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// publication is a message and what became of it.
type publication struct {
	key, body string
	answer    receipt // without an ID if no answer came, or a refusal
	refused   *refusal
	failed    []string // answers before that one that were none of 200
	cuts      int      // attempts that were not answered
}

// storm publishes from several goroutines until the given number of answers has
// come, calls end in that very moment, goes on until no connection is had any
// more, and returns everything that was sent.
func storm(s *server, room, name string, answers int64, end func()) []publication {
	var (
		workers sync.WaitGroup
		mu      sync.Mutex
		sent    []publication // guarded by mu
		count   atomic.Int64
		latest  = time.Now().Add(proctest.Patience)
	)
	for w := range 4 {
		workers.Go(func() {
			for i := 0; time.Now().Before(latest); i++ {
				key := fmt.Sprintf("%s-%d-%d", name, w, i)
				pad := strings.Repeat("x", rand.IntN(300))
				p := publication{key: key, body: fmt.Sprintf(`{"key":%q,"pad":%q}`, key, pad)}
				var err error
				p.answer, err = s.post("room="+room, key, p.body)
				answered := err == nil || errors.As(err, &p.refused)
				mu.Lock()
				sent = append(sent, p)
				mu.Unlock()
				if !answered {
					return
				}
				if count.Add(1) == answers {
					end()
				}
			}
		})
	}
	workers.Wait()
	return sent
}

// ledger is all that is known of a room's messages: once somebody has seen an
// id, it stands for the same bytes for ever.
type ledger struct {
	t      *testing.T
	byID   map[string][]byte
	keys   map[string]string // the id of each key that was answered
	newest uint64            // greatest seq seen
}

func newLedger(t *testing.T) *ledger {
	return &ledger{t: t, byID: make(map[string][]byte), keys: make(map[string]string)}
}

// saw notes a message that an answer, a stream or a history showed.
func (l *ledger) saw(where, id string, data []byte) {
	l.t.Helper()
	at := position(l.t, id)
	if known, ok := l.byID[id]; ok && !bytes.Equal(known, data) {
		l.t.Errorf("%s: %s is %s, and was %s before", where, id, data, known)
	}
	l.byID[id] = data
	l.newest = max(l.newest, at.Seq)
}

// answered notes the answer to a publication. The same key always gets the same
// id, and no other key does.
func (l *ledger) answered(p publication) {
	l.t.Helper()
	l.saw("answer", p.answer.ID, p.answer.Data)
	if id, ok := l.keys[p.key]; ok && id != p.answer.ID {
		l.t.Errorf("key %s got %s and %s", p.key, id, p.answer.ID)
	}
	l.keys[p.key] = p.answer.ID
}

// answeredAll notes what a storm brought, where nothing may have been refused.
func (l *ledger) answeredAll(sent []publication) {
	l.t.Helper()
	for _, p := range sent {
		if p.refused != nil {
			l.t.Errorf("publish %s: %v", p.key, p.refused)
		}
		if p.answer.ID != "" {
			l.answered(p)
		}
	}
}

// check compares the ledger with a history that keeps the given number of
// messages: it ends at the newest message seen or after it, its seqs have no
// hole, its epochs do not fall, it holds everything seen that is not older, and
// no key twice.
func (l *ledger) check(history []kept, keeps int) {
	l.t.Helper()
	if len(history) == 0 {
		if l.newest > 0 {
			l.t.Errorf("the history is empty, but seq %d was seen", l.newest)
		}
		return
	}
	first, last := position(l.t, history[0].ID), position(l.t, history[len(history)-1].ID)
	if last.Seq < l.newest {
		l.t.Errorf("the history ends at %v, but seq %d was seen", last, l.newest)
	}
	if want := min(uint64(keeps), last.Seq); uint64(len(history)) != want {
		l.t.Errorf("the history has %d messages, want %d", len(history), want)
	}
	byKey := make(map[string]string)
	inHistory := make(map[string]bool)
	for i, m := range history {
		at := position(l.t, m.ID)
		if at.Seq != first.Seq+uint64(i) || i > 0 && at.Epoch < position(l.t, history[i-1].ID).Epoch {
			l.t.Errorf("%s is number %d of a history from %v", m.ID, i, first)
		}
		l.saw("history", m.ID, m.Data)
		inHistory[m.ID] = true
		key := keyOf(l.t, m)
		if other, twice := byKey[key]; twice {
			l.t.Errorf("key %s is both %s and %s", key, other, m.ID)
		}
		byKey[key] = m.ID
	}
	for id, data := range l.byID {
		if at := position(l.t, id); at.Seq >= first.Seq && !inHistory[id] {
			l.t.Errorf("%s was seen and is gone: %s", id, data)
		}
	}
}

// keyOf returns the key that a message carries in its body.
func keyOf(t *testing.T, m kept) string {
	t.Helper()
	var body struct{ Key string }
	if err := json.Unmarshal(m.Data, &body); err != nil {
		t.Fatalf("%s: %v", m.Data, err)
	}
	return body.Key
}
