package actors_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// counter counts, and says how far it is.
type counter struct{}

// Fetch implements actors.Fetcher: a POST adds one.
func (counter) Fetch(c *actors.Context, w http.ResponseWriter, r *http.Request) error {
	var n int
	if _, err := c.Storage().GetJSON("n", &n); err != nil {
		return err
	}
	if r.Method == http.MethodPost {
		n++
		if err := c.Storage().PutJSON("n", n); err != nil {
			return err
		}
		if err := c.Broadcast("", map[string]int{"n": n}); err != nil {
			return err
		}
	}
	return json.NewEncoder(w).Encode(n)
}

// count returns what a counter answered.
func count(t testing.TB, r actors.Reply, err error) int {
	t.Helper()
	var n int
	if err == nil {
		err = json.Unmarshal(r.Body, &n)
	}
	if err != nil || r.Status != http.StatusOK {
		t.Errorf("counter says %d %q, %v", r.Status, r.Body, err)
	}
	return n
}

// TestCounter has many callers count: no number is given twice, none is left
// out, and each caller's rise.
func TestCounter(t *testing.T) {
	b := open(t, memory(t, 10), with(kind(counter{})))
	s := b.connect(sub("a")).greeted()
	const callers, each = 64, 20
	var seen [callers*each + 1]atomic.Bool
	var work sync.WaitGroup
	for range callers {
		work.Go(func() {
			last := 0
			for range each {
				r, err := b.ask("a", "/")
				n := count(t, r, err)
				if n <= last || n >= len(seen) || seen[n].Swap(true) {
					t.Errorf("got %d after %d", n, last)
					return
				}
				last = n
			}
		})
	}
	work.Go(func() {
		for n := 1; n <= callers*each; n++ {
			if e := s.next(); string(e.Data) != fmt.Sprintf(`{"n":%d}`, n) {
				t.Errorf("event %s, want %d", e.Data, n)
				return
			}
		}
	})
	work.Wait()
	r, err := b.Call(ctx(t), actors.Call{Room: test("a"), Method: http.MethodGet, Target: "/"})
	if n := count(t, r, err); n != callers*each {
		t.Errorf("counted to %d, want %d", n, callers*each)
	}
}

// sub asks for a stream of a room of the test kind.
func sub(room string) actors.SubscribeRequest {
	req := on()
	req.Rooms = append(req.Rooms, test(room))
	return req
}

// everything does all that a call can do, so that what must not happen would be
// seen.
func everything(c *actors.Context) error {
	return errors.Join(
		c.Storage().Put("traces", []byte("of it")),
		c.Storage().SetAlarm(time.Now()),
		c.Broadcast("trace", 1), c.Send("trace", 2), c.SendTo("me", "trace", 3), c.Kick("me"),
		c.Room(testKind, "other").Fetch(get("/trace"), func(*actors.Context, *http.Response, error) {}),
	)
}

// traces counts alarms and calls that everything has brought about.
type traces struct {
	script
	seen atomic.Int32
}

// Alarm implements actors.Alarmer.
func (b *traces) Alarm(*actors.Context, actors.AlarmInfo) error {
	b.seen.Add(1)
	return nil
}

func newTraces() *traces {
	b := new(traces)
	b.on("/trace", func(*actors.Context, http.ResponseWriter, *http.Request) error {
		b.seen.Add(1)
		return nil
	})
	return b
}

// none reports it when a room of which everything failed shows a trace of it.
// The stream belongs to the client "me".
func (b *traces) none(sys *bench, room string, s *stream) {
	sys.t.Helper()
	b.do(sys, room, func(c *actors.Context) error {
		wants(sys.t, c.Storage(), nil)
		if at, ok := c.Storage().GetAlarm(); ok {
			sys.t.Errorf("an alarm is set for %v", at)
		}
		return c.Broadcast("after", 1)
	})
	if e := s.next(); e.Name != "after" {
		sys.t.Errorf("the stream was sent %q %s", e.Name, e.Data)
	}
	if n := b.seen.Load(); n != 0 {
		sys.t.Errorf("%d alarms and calls came of it", n)
	}
}

// TestFailures has calls fail in each way there is: whoever asked is told, and
// nothing comes of what the call did before.
func TestFailures(t *testing.T) {
	refusal := actors.Refuse(http.StatusTeapot, "short", "And stout.")
	tests := map[string]struct {
		end  func() error
		want error
	}{
		"error":                {func() error { return errors.New("a secret") }, actors.ErrFailed},
		"panic":                {func() error { panic("a secret") }, actors.ErrFailed},
		"refusal":              {func() error { return refusal }, refusal},
		"wrapped refusal":      {func() error { return fmt.Errorf("a secret: %w", refusal) }, refusal},
		"refusal that is none": {func() error { var no *actors.Refusal; return no }, actors.ErrFailed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			behaviour := newTraces()
			b := open(t, memory(t, 10), with(kind(behaviour)))
			req := sub("a")
			req.Client = "me"
			s := b.connect(req)
			s.bookmark()
			err := behaviour.turn(b, "a", func(c *actors.Context) error {
				if err := everything(c); err != nil {
					t.Error(err)
				}
				return tt.end()
			})
			if !sameError(err, tt.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("the caller is told %v", err)
			}
			behaviour.none(b, "a", s)
		})
	}
}

// TestRefuse mends what is out of the bounds of a refusal.
func TestRefuse(t *testing.T) {
	long := ""
	for range 300 {
		long += "€"
	}
	tests := []struct {
		status        int
		code, message string
		want          actors.Refusal
	}{
		{404, "not_here", "It is not here.", actors.Refusal{Status: 404, Code: "not_here", Message: "It is not here."}},
		{200, "a", "", actors.Refusal{Status: 400, Code: "a"}},
		{600, "a", "", actors.Refusal{Status: 400, Code: "a"}},
		{503, "not a code", "", actors.Refusal{Status: 503, Code: "refused"}},
		{503, "", "", actors.Refusal{Status: 503, Code: "refused"}},
		{503, "a", long, actors.Refusal{Status: 503, Code: "a", Message: long[:510]}},
	}
	for _, tt := range tests {
		if got := actors.Refuse(tt.status, tt.code, tt.message); *got != tt.want {
			t.Errorf("Refuse(%d, %q, %q) = %+v", tt.status, tt.code, tt.message, *got)
		}
	}
}

// TestFailureIsOneRooms panics in one room while another answers.
func TestFailureIsOneRooms(t *testing.T) {
	var s script
	b := open(t, memory(t, 10), with(kind(&s)))
	s.on("/panic", func(*actors.Context, http.ResponseWriter, *http.Request) error { panic("no") })
	s.on("/", func(*actors.Context, http.ResponseWriter, *http.Request) error { return nil })
	var work sync.WaitGroup
	work.Go(func() {
		for range 200 {
			if _, err := b.ask("bad", "/panic"); err != actors.ErrFailed {
				t.Errorf("the room that panics: %v", err)
			}
		}
	})
	work.Go(func() {
		for range 200 {
			if _, err := b.ask("good", "/"); err != nil {
				t.Errorf("the other room: %v", err)
			}
		}
	})
	work.Wait()
}

// TestPanicsAmongCallers has one call in sixteen panic. All others are answered,
// be it by the room's next activation.
func TestPanicsAmongCallers(t *testing.T) {
	var s script
	var done atomic.Int64
	b := open(t, memory(t, 10), with(kind(&s)))
	s.on("/panic", func(*actors.Context, http.ResponseWriter, *http.Request) error { panic("no") })
	s.on("/", func(c *actors.Context, w http.ResponseWriter, r *http.Request) error {
		done.Add(1)
		return counter{}.Fetch(c, w, r)
	})
	const callers, each = 64, 20
	var work sync.WaitGroup
	var answered, lost atomic.Int64
	for i := range callers {
		work.Go(func() {
			for j := range each {
				target, want := "/", error(nil)
				if (i+j)%16 == 0 {
					target, want = "/panic", actors.ErrFailed
				}
				_, err := b.Call(within(t, 10*time.Second), post("a", target))
				switch {
				case err == nil:
					answered.Add(1)
				case !errors.Is(err, want):
					lost.Add(1)
				}
			}
		})
	}
	work.Wait()
	if lost.Load() > 0 {
		t.Errorf("%d calls were not answered, or failed by another's fault", lost.Load())
	}
	r, err := b.Call(ctx(t), actors.Call{Room: test("a"), Method: http.MethodGet, Target: "/"})
	if n := count(t, r, err); int64(n) != answered.Load() {
		t.Errorf("counted to %d of %d calls, of which %d were answered", n, done.Load(), answered.Load())
	}
}
