package actors

import (
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// setAlarm sets the room's own clock to the alarm that is committed. Should the
// room sleep by then, or live elsewhere, its owner's clock wakes it. One that is due
// may have rung, and been set for the same time again.
func (r *room) setAlarm(a persistence.Alarm) {
	due := a.At != 0 && a.At <= r.now()
	if r.act.alarm.Store(a.At); a != r.alarm || r.bell == nil || due {
		r.alarm = a
		r.setBell()
	}
}

// setBell sets the room's own clock to what comes first: the behaviour's alarm, or
// the time to look after the outbox.
func (r *room) setBell() {
	at := r.alarm.At
	if wake := r.out.note.wake; wake != 0 && (at == 0 || wake < at) {
		at = wake
	}
	if at != 0 {
		r.bellAfter(time.Until(time.UnixMilli(at)))
	} else if r.bell != nil {
		r.bell.Stop()
		r.bell = nil
	}
}

func (r *room) bellAfter(d time.Duration) {
	if r.bell != nil {
		r.bell.Stop()
	}
	r.bell = time.AfterFunc(d, func() { r.node.root.Send(r.self, bellDue{}) })
}

// ring does what it is time for: it looks after the outbox, and has the
// behaviour's Alarm called.
func (r *room) ring() {
	if r.state != roomAwake {
		return
	}
	r.tend()
	switch now := r.now(); {
	case r.ringing:
		return
	case r.alarm.At == 0 || r.alarm.At > now:
		if r.out.note.wake == 0 || r.out.note.wake > now {
			r.setBell() // it rang too early: the clock was set back
		}
		return
	}
	r.ringing = true
	r.begin(r.alarmTask(r.alarm))
}

// alarmText returns an alarm as room descriptions show it.
func alarmText(at int64) string {
	if at == 0 {
		return ""
	}
	return Timestamp(time.UnixMilli(at))
}

// alarmOf reads what alarmText made.
func alarmOf(text string) int64 {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0
	}
	return t.UnixMilli()
}
