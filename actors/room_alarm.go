package actors

import (
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// setAlarm sets the room's own clock to the alarm that is committed. Should the
// room sleep by then, or live elsewhere, its owner's clock wakes it.
func (r *room) setAlarm(a persistence.Alarm) {
	r.alarm = a
	r.act.alarm.Store(a.At)
	if r.bell != nil {
		r.bell.Stop()
		r.bell = nil
	}
	if a.At != 0 {
		r.bell = time.AfterFunc(time.Until(time.UnixMilli(a.At)), func() { r.node.root.Send(r.self, bellDue{}) })
	}
}

// ring has the behaviour's Alarm called if it is time.
func (r *room) ring() {
	if r.state != roomAwake || r.ringing || r.alarm.At == 0 || r.alarm.At > r.now() {
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
