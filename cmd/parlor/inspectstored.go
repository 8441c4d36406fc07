package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/parlor-sse/parlor/persistence"
)

// storedDetail tells what a room has besides its messages, as --json prints it.
// What its items are is nobody's business: they may be secrets.
type storedDetail struct {
	Turn      uint64       `json:"turn"`
	Alarm     *alarmDetail `json:"alarm"` // null for a room without one
	Items     uint64       `json:"items"`
	ItemBytes uint64       `json:"itemBytes"` // of keys and values
}

// alarmDetail is a persistence.Alarm as --json prints it.
type alarmDetail struct {
	At    string `json:"at"`
	Retry uint32 `json:"retry"` // how many times it was tried before
}

func newStoredDetail(h *persistence.Head) storedDetail {
	d := storedDetail{Turn: h.Turn, Items: h.Items, ItemBytes: h.Bytes}
	if h.Alarm.At != 0 {
		d.Alarm = &alarmDetail{At: timeText(h.Alarm.At), Retry: h.Alarm.Retry}
	}
	return d
}

// timeText prints unix milliseconds.
func timeText(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }

// String describes the alarm to people.
func (a *alarmDetail) String() string {
	switch {
	case a == nil:
		return "none"
	case a.Retry == 0:
		return a.At
	}
	return fmt.Sprintf("%s, tried %d times before", a.At, a.Retry)
}

// itemDetail is an item of a room's storage without its value.
type itemDetail struct {
	Key   string `json:"key"`
	Bytes int    `json:"bytes"` // of the value
}

func itemDetails(s *persistence.Storage) []itemDetail {
	items := []itemDetail{}
	s.Ascend("", func(it persistence.Item) bool {
		items = append(items, itemDetail{it.Key, len(it.Value)})
		return true
	})
	return items
}

// storageSHA256 returns a SHA-256 of all items in their order, in hex, or nil if
// nothing is stored, or if it is damaged. Each key and each value goes into it
// behind its length, of eight bytes, big endian.
func storageSHA256(s *persistence.Storage) *string {
	if s.Len() == 0 {
		return nil
	}
	h := sha256.New()
	var size [8]byte
	part := func(b []byte) {
		binary.BigEndian.PutUint64(size[:], uint64(len(b)))
		_, _ = h.Write(size[:])
		_, _ = h.Write(b)
	}
	s.Ascend("", func(it persistence.Item) bool {
		part([]byte(it.Key))
		part(it.Value)
		return true
	})
	sum := hex.EncodeToString(h.Sum(nil))
	return &sum
}
