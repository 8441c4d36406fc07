package main

import (
	"context"
	"slices"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

// lookEvery is how often it is looked whether what is waited for has come.
const lookEvery = 20 * time.Millisecond

// whole waits until the nodes are one cluster.
func (s *staging) whole(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	return s.observer.Agree(ctx)
}

// settle waits for the cluster to be whole again, ends the load, and then sees
// whether every room and every stream works. What does not come to pass is noted
// for the verdict; only an interruption is an error.
func (s *staging) settle(ctx context.Context) error {
	if err := s.whole(ctx); err == nil {
		s.recorder.Phase(history.Agreed)
	} else {
		s.recorder.Fail("%v", err)
	}
	err := pass(ctx, s.scaled(calm))
	s.recorder.Phase(history.Stopped)
	skipped := s.press.Stop()
	s.recorder.Note(history.Phase{Name: history.Settled, Time: s.recorder.Now(), Skipped: skipped})
	if err != nil {
		return err
	}
	if refused := s.press.Probe(ctx); len(refused) > 0 {
		s.recorder.Fail("rooms %v take no messages", refused)
	}
	s.audience.Calm()
	if behind := s.caughtUp(ctx); behind > 0 {
		s.recorder.Fail("%d subscribers are behind after %v", behind, catchUpTime)
	}
	if missing := s.handedOver(ctx); len(missing) > 0 {
		s.recorder.Fail("the broker lacks messages of %v after %v", missing, handOverTime)
	}
	if err := s.whole(ctx); err != nil {
		s.recorder.Fail("%v", err)
	}
	s.recorder.Phase(history.Ended)
	return context.Cause(ctx)
}

// caughtUp waits until all streams have everything, and returns how many had not
// when the time was up.
func (s *staging) caughtUp(ctx context.Context) int {
	behind := 0
	await(ctx, catchUpTime, func() bool {
		behind = s.audience.Behind(s.press.Newest())
		return behind == 0
	})
	return behind
}

// handedOver waits until the broker has everything, and returns the rooms of
// which it had not when the time was up.
func (s *staging) handedOver(ctx context.Context) []string {
	if s.broker == nil {
		return nil
	}
	var missing []string
	await(ctx, handOverTime, func() bool {
		missing = missing[:0]
		for room, seq := range s.press.Newest() {
			if s.broker.Newest(room) < seq {
				missing = append(missing, room)
			}
		}
		return len(missing) == 0
	})
	slices.Sort(missing)
	return missing
}

// await looks again and again until it is done, and for at most that long.
func await(ctx context.Context, most time.Duration, done func() bool) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for !done() && pass(ctx, lookEvery) == nil {
	}
}

// collect ends everything at once, as a power cut would, and notes what the
// disks hold. Nothing is said of the disks if one of them can't be read: what is
// only there would seem lost.
func (s *staging) collect(ctx context.Context) error {
	s.observer.Stop()
	s.audience.Stop()
	s.cluster.Kill()
	unread := false
	for _, n := range s.cluster.Nodes() {
		copies, err := n.Copies(ctx, s.rooms)
		if err != nil {
			s.recorder.Fail("%v", err)
			unread = true
		}
		for _, c := range copies {
			s.recorder.Note(c)
		}
	}
	if !unread {
		s.recorder.Phase(history.Collected)
	}
	return context.Cause(ctx)
}
