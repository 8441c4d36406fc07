package fanout

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestDeadlines lets time pass for streams that end at different times, some of
// them of themselves.
func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, names := time.Now(), map[*Stream]string{}
		var heard []string
		note := func(what string) func(*Stream, []byte) {
			return func(st *Stream, b []byte) {
				heard = append(heard, fmt.Sprintf("%v %s %s%s", time.Since(start), names[st], what, b))
			}
		}
		notice := Notice(func(end time.Time, left time.Duration) []byte {
			return fmt.Appendf(nil, " %v/%v", end.Sub(start), left)
		})
		ds := newDeadlines()
		add := func(name string, ttl, expires time.Duration) *Stream {
			st := &Stream{}
			names[st] = name
			c := command{stream: st, ttl: ttl}
			if expires != 0 {
				c.expires = start.Add(expires)
			}
			ds.add(&c, 30*time.Second, 9)
			return st
		}
		add("ttl", 7*time.Second, 0)
		add("token", 0, 50*time.Second)
		add("both", 20*time.Second, 50*time.Second)
		add("short", 0, 5*time.Second)
		add("past", 0, -time.Second)
		add("never", 0, 0)
		add("gone", 9*time.Second, 60*time.Second).gone = true
		for len(ds.heap) > 0 {
			ds.pass(notice, note("told"), note("ends"))
			time.Sleep(ds.next())
		}
		want := []string{
			"0s past ends -1s/0s", "0s short told 5s/5s", "5s short ends 5s/0s", "7s ttl ends",
			"20s both ends", "20s both told 50s/30s", "20s token told 50s/30s",
			"50s both ends 50s/0s", "50s token ends 50s/0s",
		}
		slices.Sort(heard)
		slices.Sort(want)
		if !slices.Equal(heard, want) {
			t.Errorf("heard\n%q, want\n%q", heard, want)
		}
	})
}

// TestDeadlinesAreBounded has many streams come and go long before they expire.
func TestDeadlinesAreBounded(t *testing.T) {
	ds := newDeadlines()
	expires := time.Now().Add(time.Hour)
	const open = 10
	for i := range 100_000 {
		st := &Stream{gone: i >= open}
		ds.add(&command{stream: st, ttl: time.Hour, expires: expires}, 0, open)
	}
	if n := len(ds.heap); n > 4*open+spareDeadlines+2 {
		t.Errorf("%d deadlines of %d streams", n, open)
	}
	kept := 0
	for _, d := range ds.heap {
		if !d.stream.gone {
			kept++
		}
	}
	if kept != 2*open {
		t.Errorf("%d deadlines are kept of %d", kept, 2*open)
	}
}
