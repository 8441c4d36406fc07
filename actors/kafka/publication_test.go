package kafka

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/object"
)

func TestPublicationKey(t *testing.T) {
	long := strings.Repeat("t", maxTopicLen)
	for want, r := range map[string]*kgo.Record{
		"events-3-42":           {Topic: "events", Partition: 3, Offset: 42},
		"a.b_c-0-0":             {Topic: "a.b_c"},
		long[4:] + "-100-99999": {Topic: long, Partition: 100, Offset: 99999},
	} {
		r.Value = []byte(`{}`)
		if p, err := publicationOf(r); err != nil || p.Key != want || len(p.Key) > actors.MaxKeyLen {
			t.Errorf("the key is %q, %v, want %q", p.Key, err, want)
		}
	}
}

// FuzzBodyOf wants every value to become a body that a room takes, or a poison,
// without a change to the value itself.
func FuzzBodyOf(f *testing.F) {
	for _, seed := range []string{
		"", "{}", " {\"a\":1}\n", "text", `"text"`, "[1,2]", "null", `{"a":1,"a":2}`, `{"a":`, "\xff", "1e400", strings.Repeat("[", 64),
		"a\u2028\x00\"\\", `"\ud800"`, strings.Repeat("[", 64) + strings.Repeat("]", 64), `{"timestamp":0}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		before := bytes.Clone(value)
		body, stamped, err := bodyOf(value)
		if !bytes.Equal(value, before) {
			t.Fatal("the value was changed")
		}
		if err != nil {
			var why poison
			if !errors.As(err, &why) || body != nil || stamped {
				t.Fatalf("%q, %v, %v", body, stamped, err)
			}
			return
		}
		again, stampedAgain, err := object.Parse(body)
		if err != nil || !bytes.Equal(again, body) || stampedAgain != stamped || len(body) > maxValue {
			t.Errorf("the body %q, %v is read as %q, %v, %v", body, stamped, again, stampedAgain, err)
		}
		if alone, _, err := object.Parse(value); err == nil && !bytes.Equal(alone, body) {
			t.Errorf("the object %q became %q", value, body)
		}
	})
}

func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		err      error
		failures int
		want     poison
	}{
		{actors.ErrUnavailable, 0, ""},
		{actors.ErrUnknownOutcome, 0, ""},
		{actors.ErrOverloaded, 0, ""},
		{actors.ErrNotStarted, 0, ""},
		{actors.ErrDraining, 0, ""},
		{actors.ErrKeysExhausted, 0, ""},
		{errors.New("something new"), 0, ""},
		{actors.ErrFailed, maxFailures - 1, ""},
		{actors.ErrFailed, maxFailures, poisonFailed},
		{actors.ErrKeyConflict, 0, poisonKey},
		{actors.ErrTorn, 0, poisonRefused},
		{actors.Refuse(403, "no", "No."), 0, poisonRefused},
	} {
		if got := poisonIn(c.err, c.failures); got != c.want {
			t.Errorf("%v after %d failures is %q, want %q", c.err, c.failures, got, c.want)
		}
	}
}
