package httpfront_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// TestRooms checks which room each way of naming one reaches.
func TestRooms(t *testing.T) {
	unnamed := persistence.NewObjectID(otherKind)
	rooms := &fakeRooms{}
	rooms.find = func(_ context.Context, kind, id string) (persistence.RoomKey, error) {
		for _, name := range []string{"known", unnamed} {
			if room := (persistence.RoomKey{Kind: kind, Name: name}); room.ObjectID() == id {
				return room, nil
			}
		}
		return persistence.RoomKey{}, actors.ErrNoObject
	}
	var told persistence.RoomKey
	rooms.info = func(_ context.Context, k persistence.RoomKey) (actors.RoomInfo, error) {
		told = k
		return actors.RoomInfo{}, nil
	}
	rooms.history = func(_ context.Context, k persistence.RoomKey) ([]persistence.Record, error) {
		told = k
		return nil, nil
	}
	_, addr := start(t, rooms)
	for _, tc := range []struct {
		room, kind string
		want       persistence.RoomKey
	}{
		{"a", "", persistence.RoomKey{Kind: "room", Name: "a"}},
		{"a", "room", persistence.RoomKey{Kind: "room", Name: "a"}},
		{"a", "counter", persistence.RoomKey{Kind: "counter", Name: "a"}},
		{"a", "c%6Funter", persistence.RoomKey{Kind: "counter", Name: "a"}},
		{idOf("room", "known"), "", persistence.RoomKey{Kind: "room", Name: "known"}},
		{idOf("counter", "known"), "counter", persistence.RoomKey{Kind: "counter", Name: "known"}},
		{unnamed, "counter", persistence.RoomKey{Kind: "counter", Name: unnamed}},
		{strings.Repeat("a", 63), "", persistence.RoomKey{Kind: "room", Name: strings.Repeat("a", 63)}},
		{strings.Repeat("a", 65), "", persistence.RoomKey{Kind: "room", Name: strings.Repeat("a", 65)}},
		{strings.Repeat("g", 64), "", persistence.RoomKey{Kind: "room", Name: strings.Repeat("g", 64)}},
	} {
		reached := map[string]func() persistence.RoomKey{
			get("/connect?room="+tc.room+"&kind="+tc.kind, ""):            func() persistence.RoomKey { return rooms.lastSubscription(t).Rooms[0] },
			get("/events?room="+tc.room+"&kind="+tc.kind, ""):             func() persistence.RoomKey { return rooms.lastSubscription(t).Rooms[0] },
			post("/broadcast?room="+tc.room+"&kind="+tc.kind, "", "{}"):   func() persistence.RoomKey { return rooms.lastPublication(t).Room },
			get("/rooms/"+tc.room+"/fetch/?kind="+tc.kind, ""):            func() persistence.RoomKey { return rooms.lastCall(t).Room },
			get("/rooms/"+tc.room+"?kind="+tc.kind, ""):                   func() persistence.RoomKey { return told },
			get("/rooms/"+tc.room+"/history?unknown=1&kind="+tc.kind, ""): func() persistence.RoomKey { return told },
		}
		for raw, got := range reached {
			told = persistence.RoomKey{}
			if r := roundTrip(t, addr, raw); r.status != 200 || got() != tc.want {
				t.Errorf("%s: %d, %v, want %v", clip(raw), r.status, got(), tc.want)
			}
		}
	}
}

func TestSeveralRoomsById(t *testing.T) {
	rooms := &fakeRooms{}
	_, addr := start(t, rooms)
	id := idOf("counter", "known")
	r := roundTrip(t, addr, get("/connect?kind=counter&room=a&room="+id, ""))
	want := []persistence.RoomKey{{Kind: "counter", Name: "a"}, {Kind: "counter", Name: "known"}}
	if got := rooms.lastSubscription(t).Rooms; r.status != 200 || !reflect.DeepEqual(got, want) {
		t.Errorf("%d, %v", r.status, got)
	}
	for _, twice := range []string{"room=known&room=" + id, "room=" + id + "&room=a&room=known"} {
		if r := roundTrip(t, addr, get("/connect?kind=counter&"+twice, "")); r.status != 400 || r.code(t) != "duplicate_room" {
			t.Errorf("%s: %d %s", clip(twice), r.status, r.body)
		}
	}
}

// TestFindFails checks what becomes of requests whose room is not found, or not
// looked up, by its object id: nothing has happened then.
func TestFindFails(t *testing.T) {
	id := idOf("room", "lost")
	requests := map[string]string{
		"connect": get("/connect?room="+id, ""), "broadcast": post("/broadcast?room="+id, "", "{}"),
		"info": get("/rooms/"+id, ""), "history": get("/rooms/"+id+"/history", ""), "fetch": get("/rooms/"+id+"/fetch", ""),
	}
	for _, tc := range []struct {
		err    error
		status int
		code   string
	}{
		{actors.ErrNoObject, 404, "unknown_object_id"},
		{actors.ErrUnavailable, 503, "unavailable"},
		{context.DeadlineExceeded, 503, "unavailable"},
		{errors.New("disk on fire"), 500, "internal"},
	} {
		rooms := &fakeRooms{find: func(context.Context, string, string) (persistence.RoomKey, error) {
			return persistence.RoomKey{}, tc.err
		}}
		_, addr := start(t, rooms)
		for name, raw := range requests {
			r := roundTrip(t, addr, raw)
			if name == "connect" && tc.status >= 500 {
				if r.status != 200 || !strings.HasPrefix(string(r.body), "retry: ") {
					t.Errorf("%v, connect: %d %s", tc.err, r.status, r.body)
				}
				continue
			}
			attempt := name == "broadcast" || name == "fetch"
			if r.status != tc.status || r.code(t) != tc.code {
				t.Errorf("%v, %s: %d %s", tc.err, name, r.status, r.body)
			}
			if got := strings.HasSuffix(string(r.body), stateMembers("not_accepted", true, false)); got != (attempt && tc.status == 503) {
				t.Errorf("%v, %s: %s", tc.err, name, r.body)
			}
		}
	}
}

func TestCreateFails(t *testing.T) {
	for _, err := range []error{actors.ErrUnavailable, context.DeadlineExceeded} {
		rooms := &fakeRooms{create: func(context.Context, string) (persistence.RoomKey, error) { return persistence.RoomKey{}, err }}
		_, addr := start(t, rooms)
		if r := roundTrip(t, addr, post("/rooms", "", "")); r.status != 503 || r.code(t) != "unavailable" || r.header.Get("Location") != "" {
			t.Errorf("%v: %d %v %s", err, r.status, r.header, r.body)
		}
	}
}
