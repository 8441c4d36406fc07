package replication_test

import (
	"fmt"
	"strings"

	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/replication"
)

func (w *world) tracef(format string, args ...any) {
	if w.tracing {
		w.trace = append(w.trace, fmt.Sprintf("%4d ", w.step)+fmt.Sprintf(format, args...))
	}
}

func (w *world) traceStep(n *simNode, room int, in replication.Input, eff replication.Effects) {
	switch in.(type) {
	case replication.Tick, replication.Acquire:
		if len(eff.Writes)+len(eff.Sends)+len(eff.Events) == 0 {
			return
		}
	}
	w.tracef("%s room %d: %s", n.name, room, describe(in))
	for _, x := range eff.Writes {
		w.trace = append(w.trace, "        write "+describeWrite(x))
	}
	for _, x := range eff.Sends {
		w.trace = append(w.trace, fmt.Sprintf("        to %s %s", x.To, describe(x.Message)))
	}
	for _, x := range eff.Events {
		w.trace = append(w.trace, "        event "+describe(x))
	}
}

// describe is short where Go's own text would not be.
func describe(v any) string {
	switch v := v.(type) {
	case replication.Receive:
		return "from " + v.From + " " + describe(v.Message)
	case replication.Configure:
		return "configure"
	case replication.Propose:
		return fmt.Sprintf("propose turn %d: %s", v.Number, describeTurns(v.Turn))
	case replication.Sync:
		return fmt.Sprintf("Sync %v base %d/%d %s %s", v.Claim, v.BaseAccepted, v.BaseTurn, describeTurns(v.Turns...), describeCopy(v.Log))
	case replication.Fetched:
		return fmt.Sprintf("Fetched %v accepted %d partial %v %s %s", v.Claim, v.Accepted, v.Partial, describeTurns(v.Turns...), describeCopy(v.Log))
	case replication.Copied:
		return fmt.Sprintf("Copied order %d/%d %s", v.AcceptedRing, v.Accepted, describeCopy(v.Log))
	case replication.Append:
		return fmt.Sprintf("Append %v from turn %d: %s", v.Claim, v.First, describeTurns(v.Turns...))
	case replication.Owned:
		return fmt.Sprintf("Owned %d %s", v.Epoch, describeCopy(v.Log))
	}
	return fmt.Sprintf("%s%+v", strings.TrimPrefix(fmt.Sprintf("%T", v), "replication."), v)
}

func describeCopy(c persistence.Copy) string {
	var b strings.Builder
	fmt.Fprintf(&b, "up to turn %d, %v {", c.Turn, c.Last)
	for _, r := range c.History {
		fmt.Fprintf(&b, " %v", r.Position)
	}
	return b.String() + fmt.Sprintf(" } %v alarm %v", itemsOf(c.Storage), c.Alarm)
}

func describeTurns(turns ...persistence.Turn) string {
	var b strings.Builder
	for i := range turns {
		t := &turns[i]
		b.WriteString("(")
		for _, r := range t.Records {
			fmt.Fprintf(&b, " %v", r.Position)
		}
		if t.Key != nil {
			fmt.Fprintf(&b, " key %d", t.Key.Slot)
		}
		if t.Change != nil {
			fmt.Fprintf(&b, " %+v", *t.Change)
		}
		b.WriteString(" )")
	}
	return b.String()
}

func describeWrite(x persistence.Write) string {
	s := ""
	if x.Turn != nil {
		s += fmt.Sprintf("turn %d %s ", x.Head.Turn, describeTurns(*x.Turn))
	}
	if x.Copy != nil {
		s += "copy " + describeCopy(*x.Copy) + " "
	}
	if x.Fence != nil {
		s += fmt.Sprintf("fence %+v", *x.Fence)
	}
	return s
}
