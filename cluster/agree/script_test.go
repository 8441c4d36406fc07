package agree_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cluster/agree"
)

// members reads a list such as "a1 b2:learner f1:front": a one-letter name, the
// life, and what is out of the ordinary.
func members(t testing.TB, text string) []agree.Member {
	t.Helper()
	var all []agree.Member
	for _, word := range strings.Fields(text) {
		parts := strings.Split(word, ":")
		m := agree.Member{Name: parts[0][:1], Front: true, Room: true}
		life, err := strconv.ParseUint(parts[0][1:], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		m.Life = life
		for _, p := range parts[1:] {
			switch p {
			case "front":
				m.Room = false
			case "lost":
				m.Lost = true
			default:
				m.State = agree.State(p)
			}
		}
		all = append(all, m)
	}
	return all
}

// text is the opposite of members.
func text(ring []agree.Member) string {
	var words []string
	for _, m := range ring {
		w := fmt.Sprintf("%s%d", m.Name, m.Life)
		if !m.Room {
			w += ":front"
		}
		if m.State != agree.Full {
			w += ":" + string(m.State)
		}
		if m.Lost {
			w += ":lost"
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

// document returns one with three replicas and these rings, the versions of
// which start at 1.
func document(t testing.TB, rings ...string) agree.Document {
	t.Helper()
	d := agree.Document{Number: 10, Cluster: "c", Replicas: 3, History: 10}
	for i, r := range rings {
		version := uint64(i + 1)
		ring := agree.Ring{Version: version, Placed: version, Members: members(t, r)}
		if i > 0 && holders(d.Rings[i-1]) == holders(ring) {
			ring.Placed = d.Rings[i-1].Placed
		}
		d.Rings = append(d.Rings, ring)
	}
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	return d
}

func holders(r agree.Ring) string { return text(r.Holders()) }

// rings returns the rings of a document as document takes them, with versions.
func rings(d agree.Document) string {
	var all []string
	for _, r := range d.Rings {
		all = append(all, fmt.Sprintf("%d: %s", r.Version, text(r.Members)))
	}
	return strings.Join(all, " | ")
}

// observation reads lists such as "a1 b2 f1:front c1:leaving -d:dead": those
// with a minus are absent and, if so said, new (never seen), crashed, left, just
// away or gone for very long.
func observation(t testing.TB, text string) agree.Observation {
	t.Helper()
	o := agree.Observation{
		Alive: map[string]agree.Sighting{}, Absent: map[string]agree.Absence{},
		Led: time.Hour, InForce: time.Hour,
	}
	for _, word := range strings.Fields(text) {
		if absent, ok := strings.CutPrefix(word, "-"); ok {
			name, how, _ := strings.Cut(absent, ":")
			o.Absent[name] = map[string]agree.Absence{
				"dead":    {Seen: true, For: time.Second},
				"away":    {Seen: true, For: time.Second - 1},
				"crashed": {Seen: true, Crashed: true},
				"left":    {Seen: true, Left: true},
				"new":     {For: time.Second},
				"unseen":  {For: time.Minute},
				"gone":    {Seen: true, For: time.Hour},
			}[how]
			continue
		}
		m := members(t, word)[0]
		o.Alive[m.Name] = agree.Sighting{
			Life: m.Life, Front: true, Room: m.Room, Leaving: m.State == agree.Leaving,
		}
	}
	return o
}
