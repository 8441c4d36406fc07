package agree_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cluster/agree"
)

// servers reads a list such as "a:voter b": each with the store that its node
// has by sees, or an older one if marked so.
func servers(text string) []agree.Server {
	var all []agree.Server
	for _, word := range strings.Fields(text) {
		parts := strings.Split(word, ":")
		s := agree.Server{Node: parts[0], Store: "s", Address: parts[0] + ":1"}
		for _, p := range parts[1:] {
			switch p {
			case "voter":
				s.Voter = true
			case "older":
				s.Store = "older"
			case "moved":
				s.Address = "elsewhere:1"
			}
		}
		all = append(all, s)
	}
	return all
}

func TestAutopilot(t *testing.T) {
	for _, c := range []struct {
		name, servers, seen, ring, ready string
		hand                             bool // a hand-over is under way
		want                             string
	}{
		{name: "all is well", servers: "a:voter b:voter c:voter", seen: "a1 b1 c1"},
		{name: "newcomer", servers: "a:voter", seen: "a1 b1", want: "add b"},
		{name: "newcomer has not caught up", servers: "a:voter b", seen: "a1 b1"},
		{name: "newcomer has caught up", servers: "a:voter b", seen: "a1 b1", ready: "b", want: "promote b"},
		{name: "five vote", servers: "a:voter b:voter c:voter d:voter e:voter f", seen: "a1 b1 c1 d1 e1 f1", ready: "f"},
		{name: "one of five is dead", servers: "a:voter b:voter c:voter d:voter e:voter f", seen: "a1 b1 c1 d1 -e:dead f1", ready: "f", want: "demote e"},
		{name: "one of five has only paused", servers: "a:voter b:voter c:voter d:voter e:voter f", seen: "a1 b1 c1 d1 -e:away f1", ready: "f"},
		{name: "nobody to replace it", servers: "a:voter b:voter c:voter", seen: "a1 b1 -c:dead"},
		{name: "replace it while less than five vote", servers: "a:voter b:voter c:voter d", seen: "a1 b1 -c:dead d1", ready: "d", want: "promote d"},
		{name: "other store", servers: "a:voter b:voter c:voter:older c", seen: "a1 b1 c1", want: "remove c older"},
		{name: "other store is added first", servers: "a:voter b:voter c:voter:older", seen: "a1 b1 c1", want: "add c"},
		{name: "gone for long", servers: "a:voter b:voter c:voter", seen: "a1 b1 -c:gone", want: "remove c"},
		{name: "said goodbye", servers: "a:voter b:voter c", seen: "a1 b1 -c:left", want: "remove c"},
		{name: "no majority would be left", servers: "a:voter b:voter c:voter d:voter", seen: "a1 -b:gone -c:gone -d:gone"},
		{name: "two of four are gone", servers: "a:voter b:voter c:voter d:voter", seen: "a1 b1 -c:gone -d:gone", want: "remove c"},
		{name: "moved voter", servers: "a:voter b:voter:moved", seen: "a1 b1", want: "promote b"},
		{name: "moved server", servers: "a:voter b:moved", seen: "a1 b1", want: "add b"},
		{name: "leaving", servers: "a:voter b:voter", seen: "a1 b1:leaving", ring: "a1 b1:leaving", want: "demote b"},
		{name: "leaving where one is dead", servers: "a:voter b:voter c:voter", seen: "a1 b1:leaving -c:dead", ring: "a1 b1:leaving", want: "demote c"},
		{name: "leaving where one is away", servers: "a:voter b:voter c:voter", seen: "a1 b1:leaving -c:away", ring: "a1 b1:leaving"},
		{name: "leaving and dead", servers: "a:voter b:voter c:voter", seen: "a1 -b:dead c1", ring: "a1 b1:leaving", want: "demote b"},
		{name: "leaving where enough stay", servers: "a:voter b:voter c:voter d:voter", seen: "a1 b1 c1:leaving -d:away", ring: "a1 b1 c1:leaving", want: "demote c"},
		{name: "leaving has yet to hand over", servers: "a:voter b:voter", seen: "a1 b1:leaving", ring: "a1 b1:leaving", hand: true},
		{name: "asks to leave", servers: "a:voter b:voter", seen: "a1 b1:leaving", ring: "a1 b1"},
		{name: "leaving gets no vote", servers: "a:voter b", seen: "a1 b1:leaving", ring: "a1 b1:leaving", ready: "b"},
		{name: "the only vote stays", servers: "a:voter", seen: "a1:leaving", ring: "a1:leaving b1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ring := c.ring
			if ring == "" {
				ring = "a1"
			}
			d := document(t, ring)
			if c.hand {
				d = document(t, "a1 b1", ring)
			}
			o := observation(t, c.seen)
			for name, s := range o.Alive {
				s.Raft, s.Control = "s", name+":1"
				o.Alive[name] = s
			}
			ready := map[string]bool{}
			for _, name := range strings.Fields(c.ready) {
				ready[name] = true
			}
			step := agree.Autopilot(d, servers(c.servers), o, agree.DefaultRules(), ready)
			got := strings.TrimSpace(fmt.Sprint(step.Action, " ", step.Server.Node))
			if step.Server.Store == "older" {
				got += " older"
			}
			if got != c.want {
				t.Fatalf("%q, want %q", got, c.want)
			}
			if a := step.Server.Address; strings.HasPrefix(a, "elsewhere") {
				t.Fatalf("address %s", a)
			}
		})
	}
}
