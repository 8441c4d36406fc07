package actors

import (
	"errors"
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// startTask prepares the behaviour.
func (r *room) startTask() *task {
	return &task{name: "start", call: func(t *turn) error {
		return t.run.hooks.start.Start(t.context())
	}, after: (*room).started}
}

// updateTask asks the behaviour what to say to those who listen.
func (r *room) updateTask() *task {
	return &task{name: "update", call: func(t *turn) error {
		ctx := t.context()
		v, err := t.run.hooks.update.Update(ctx)
		if err != nil || v == nil {
			return err
		}
		event := updateEvent
		if t.run.kind.Unnamed {
			event = ""
		}
		data, err := marshal(v, MaxBroadcast)
		t.out.sends = append(t.out.sends, outgoing{event: event, data: data})
		return err
	}, after: func(r *room, e ended) {
		r.complain(e)
		if e.err == nil {
			r.conclude(e, nil)
		}
		r.updating = false
	}}
}

const updateEvent = "update"

// How a failed alarm is tried again.
const (
	firstAlarmRetry = 2 * time.Second // doubled with each further one
)

// alarmTask calls the behaviour that has set an alarm, if the alarm is still
// set by then.
func (r *room) alarmTask(a persistence.Alarm) *task {
	later := retryAlarm(a, time.Now())
	return &task{
		name:    "alarm",
		instead: &persistence.Change{Alarm: &later},
		call: func(t *turn) error {
			if t.alarm != a {
				return nil
			}
			t.setAlarm(persistence.Alarm{})
			if t.run.hooks.alarm == nil { // the program has changed since it was set
				t.run.log.Warn("alarm of room removed, as its kind has no use for one")
				return nil
			}
			err := t.run.hooks.alarm.Alarm(t.context(), AlarmInfo{
				Scheduled: time.UnixMilli(a.At), RetryCount: int(a.Retry),
			})
			if err == nil {
				return nil
			}
			t.run.log.Warn("alarm of room failed", "retries", a.Retry, "err", err)
			t.discard()
			t.setAlarm(retryAlarm(a, time.Now()))
			return nil
		},
		after: func(r *room, e ended) {
			if r.ringing = false; r.alarm != a {
				r.setBell() // another alarm may have fallen due while this one waited
			}
			if e.err == nil {
				r.node.metrics.alarms.WithLabelValues(alarmOutcome(e.turn, a)).Inc()
				r.conclude(e, nil)
			}
		},
	}
}

// retryAlarm returns the alarm that follows on one that failed: none after
// MaxAlarmRetries.
func retryAlarm(a persistence.Alarm, now time.Time) persistence.Alarm {
	if a.Retry >= MaxAlarmRetries {
		return persistence.Alarm{}
	}
	return persistence.Alarm{At: now.Add(firstAlarmRetry << a.Retry).UnixMilli(), Retry: a.Retry + 1}
}

// alarmOutcome names what came of an alarm, for metrics.
func alarmOutcome(t *turn, a persistence.Alarm) string {
	switch {
	case !t.rang:
		return "stale"
	case t.alarm.Retry == a.Retry+1:
		return "failed"
	case t.failed:
		return "given_up"
	}
	return "done"
}

// discard takes back all that the turn has done so far.
func (t *turn) discard() {
	t.storage, t.own, t.alarm, t.rang = t.run.storage, false, t.run.alarm, false
	t.changes, t.out, t.size, t.failed = changes{}, effects{}, 0, true
}

// connectTask tells the behaviour of a stream that opened. That it was told is
// kept even if it fails, so that it is not told for ever.
func (r *room) connectTask(front string, s *listener) *task {
	item := rosterItemOf(front, s)
	return &task{
		name:    "connect",
		instead: &persistence.Change{Puts: []persistence.Item{item}},
		call: func(t *turn) error {
			t.put(item.Key, item.Value)
			if t.run.hooks.connect != nil {
				if err := t.run.hooks.connect.Connect(t.context(), subscriberOf(front, s)); err != nil {
					t.run.log.Warn("connect of room failed", "err", err)
					t.discard()
					t.put(item.Key, item.Value)
				}
			}
			t.tellOfJoin(subscriberOf(front, s))
			return nil
		},
		after: (*room).told,
	}
}

// disconnectTask tells the behaviour of a stream that ended.
func (r *room) disconnectTask(front string, s *listener) *task {
	key := rosterItemOf(front, s).Key
	return &task{
		name:    "disconnect",
		instead: &persistence.Change{Deletes: []string{key}},
		call: func(t *turn) error {
			t.remove(key)
			if t.run.hooks.disconnect != nil {
				if err := t.run.hooks.disconnect.Disconnect(t.context(), subscriberOf(front, s)); err != nil {
					t.run.log.Warn("disconnect of room failed", "err", err)
					t.discard()
					t.remove(key)
				}
			}
			t.tellOfLeave(subscriberOf(front, s))
			return nil
		},
		after: (*room).told,
	}
}

// complain logs the failure of a call that nobody waits for.
func (r *room) complain(e ended) {
	if e.err != nil && !e.dead {
		r.node.log.Warn("call on room failed", "room", r.key.Name, "kind", r.key.Kind, "call", e.task.name, "err", e.err)
	}
}

// verdictOf returns what whoever asked is told of a call that failed: what the
// behaviour refused, and what went wrong with its answer; of anything else only
// that it failed.
func verdictOf(err error) error {
	if no := refusalIn(err); no != nil {
		return Refuse(no.Status, no.Code, no.Message)
	}
	for _, known := range []error{ErrAnswerSize, ErrBadCall, ErrNoFetch, ErrOverloaded} {
		if errors.Is(err, known) {
			return known
		}
	}
	return ErrFailed
}
