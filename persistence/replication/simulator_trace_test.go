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
		return "propose " + v.Record.Position.String()
	case replication.Sync:
		return fmt.Sprintf("Sync %v base %d/%d %s", v.Claim, v.BaseAccepted, v.BaseSeq, describeCopy(v.Log))
	case replication.Fetched:
		return fmt.Sprintf("Fetched %v accepted %d partial %v %s", v.Claim, v.Accepted, v.Partial, describeCopy(v.Log))
	case replication.Copied:
		return fmt.Sprintf("Copied order %d/%d %s", v.AcceptedRing, v.Accepted, describeCopy(v.Log))
	case replication.Append:
		return fmt.Sprintf("Append %v %s", v.Claim, describeCopy(persistence.Copy{History: v.Records}))
	case replication.Owned:
		return fmt.Sprintf("Owned %d %s", v.Epoch, describeCopy(v.Log))
	}
	return fmt.Sprintf("%s%+v", strings.TrimPrefix(fmt.Sprintf("%T", v), "replication."), v)
}

func describeCopy(c persistence.Copy) string {
	var b strings.Builder
	fmt.Fprintf(&b, "up to %v {", c.Last)
	for _, r := range c.History {
		fmt.Fprintf(&b, " %v", r.Position)
	}
	return b.String() + " }"
}

func describeWrite(x persistence.Write) string {
	s := ""
	if x.Record.Seq != 0 {
		s += "record " + x.Record.Position.String() + " "
	}
	if x.Copy != nil {
		s += "copy " + describeCopy(*x.Copy) + " "
	}
	if x.Fence != nil {
		s += fmt.Sprintf("fence %+v", *x.Fence)
	}
	return s
}
