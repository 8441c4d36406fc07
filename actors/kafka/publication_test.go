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
		p, err := publicationOf("source", r)
		if err != nil || p.Key != want || len(p.Key) > actors.MaxKeyLen || p.Source != "source" || p.Offset != uint64(r.Offset) {
			t.Errorf("the key is %q, the place %d, %v, want %q", p.Key, p.Offset, err, want)
		}
	}
}

func TestSourceOf(t *testing.T) {
	long := strings.Repeat("t", maxTopicLen)
	for _, c := range []struct {
		topic     string
		id        [16]byte
		partition int32
		want      string
	}{
		{"events", [16]byte{}, 3, "events-3"},
		{"events", [16]byte{0xab, 15: 1}, 3, "ab0000000000000000000000000000" + "01-3"},
		{long, [16]byte{}, 1_000_000, long[2:] + "-1000000"},
	} {
		if got := sourceOf(c.topic, c.id, c.partition); got != c.want || len(got) > actors.MaxKeyLen {
			t.Errorf("%s %x %d is the source %q", c.topic, c.id, c.partition, got)
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
		{actors.ErrTorn, 0, poisonRefused},
		{actors.Refuse(403, "no", "No."), 0, poisonRefused},
	} {
		if got := poisonIn(c.err, c.failures); got != c.want {
			t.Errorf("%v after %d failures is %q, want %q", c.err, c.failures, got, c.want)
		}
	}
}
