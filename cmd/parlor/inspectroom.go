package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/parlor-sse/parlor/persistence"
)

// roomLine describes a room in a list. It is JSON as --json prints it: enough
// to tell whether two stores hold the same of the room.
type roomLine struct {
	Kind     string `json:"kind"`
	Room     string `json:"room"`
	ID       string `json:"id"` // of the newest message; 0-0 without one
	Messages int    `json:"messages"`
	Bytes    int    `json:"bytes"` // of the messages
	storedDetail
	Storage *string      `json:"storageSha256"` // as storageSHA256 says
	Damaged bool         `json:"damaged"`
	Lineage []spanDetail `json:"lineage"`
	History []digest     `json:"history"` // oldest first
	Keys    int          `json:"idempotencyKeys"`
	Fence   *fenceDetail `json:"fence"` // null for a room without one
}

type spanDetail struct {
	Epoch uint64 `json:"epoch"`
	First uint64 `json:"first"`
}

// digest stands for a message.
type digest struct {
	ID     string `json:"id"`
	SHA256 string `json:"sha256"` // of the event name and, right behind it, the data; in hex
}

// fenceDetail is a persistence.Fence as --json prints it.
type fenceDetail struct {
	Promised     uint64 `json:"promised"`
	Holder       uint64 `json:"holder"`
	Ring         uint64 `json:"ring"`
	Accepted     uint64 `json:"accepted"`
	AcceptedRing uint64 `json:"acceptedRing"`
	Birth        uint64 `json:"birth"`
}

// newFenceDetail returns nil for a room that only ever lived on a node of its
// own.
func newFenceDetail(f persistence.Fence) *fenceDetail {
	if f == (persistence.Fence{}) {
		return nil
	}
	d := fenceDetail(f)
	return &d
}

// String describes the fence to people.
func (f *fenceDetail) String() string {
	if f == nil {
		return "none"
	}
	return fmt.Sprintf("promised %d under ring %d to %d, accepted %d under ring %d, born %d",
		f.Promised, f.Ring, f.Holder, f.Accepted, f.AcceptedRing, f.Birth)
}

// newRoomLine returns the line of a room of which nothing but its newest id is
// known.
func newRoomLine(key persistence.RoomKey, last persistence.Position) roomLine {
	return roomLine{Kind: key.Kind, Room: key.Name, ID: last.String(), Lineage: []spanDetail{}, History: []digest{}}
}

// count notes how much the room keeps.
func (l *roomLine) count(state *persistence.State) {
	l.Messages = len(state.History)
	for i := range state.History {
		l.Bytes += len(state.History[i].Data)
	}
	l.storedDetail = newStoredDetail(&state.Head)
}

// detail notes all else that the room keeps.
func (l *roomLine) detail(state *persistence.State) {
	for _, s := range state.Lineage {
		l.Lineage = append(l.Lineage, spanDetail(s))
	}
	for i := range state.History {
		r := &state.History[i]
		l.History = append(l.History, digest{r.Position.String(), sha256Of(r)})
	}
	l.Storage = storageSHA256(state.Storage)
	l.Keys = len(state.Keys)
	l.Fence = newFenceDetail(state.Fence)
}

func sha256Of(r *persistence.Record) string {
	h := sha256.New()
	_, _ = io.WriteString(h, r.Event)
	_, _ = h.Write(r.Data)
	return hex.EncodeToString(h.Sum(nil))
}
