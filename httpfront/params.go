package httpfront

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

const (
	maxReplay = 1 << 30 // far beyond any history
	maxTTL    = 1 << 30 // seconds; 34 years
)

// validName reports whether s may name a client: as a room may be named, with
// characters that need no escaping in a URL, in JSON, or in a log.
func validName(s string) bool {
	_, err := actors.ParseRoom(s)
	return err == nil
}

// kind returns the kind of room that the query asks for, which need not be one
// that there is.
func (q query) kind() (string, error) {
	kind, err := q.one("kind")
	switch {
	case err != nil:
		return "", err
	case kind == "" || kind == actors.DefaultKind:
		return actors.DefaultKind, nil
	}
	return strings.Clone(kind), actors.ParseKind(kind)
}

// room returns the one room that the query names.
func (q query) room() (persistence.RoomKey, error) {
	kind, err := q.kind()
	if err != nil {
		return persistence.RoomKey{}, err
	}
	name, err := q.one("room")
	if err != nil {
		return persistence.RoomKey{}, err
	}
	return roomKey(kind, name)
}

// rooms returns the rooms that the query names, at least one.
func (q query) rooms() ([]persistence.RoomKey, error) {
	kind, err := q.kind()
	if err != nil {
		return nil, err
	}
	names := q.all("room")
	if len(names) == 0 {
		names = []string{actors.DefaultRoom}
	}
	if len(names) > maxRooms {
		return nil, errManyRooms
	}
	rooms := make([]persistence.RoomKey, 0, len(names))
	for _, name := range names {
		room, err := roomKey(kind, name)
		if err != nil {
			return nil, err
		}
		if slices.Contains(rooms, room) {
			return nil, errSameRoom
		}
		rooms = append(rooms, room)
	}
	return rooms, nil
}

// roomKey checks a room's name, where empty stands for the default. A name of 64
// hexadecimal digits is an object id; whose it is has yet to be looked up. The
// name is cloned: a room outlives the request that names it first.
func roomKey(kind, name string) (persistence.RoomKey, error) {
	if name == "" {
		name = actors.DefaultRoom
	}
	room, err := actors.ParseRoom(strings.Clone(name))
	room.Kind = kind
	if err == nil && looksLikeID(name) {
		err = checkID(kind, name)
	}
	return room, err
}

// client returns the client's own id, or "" if there is none.
func (q query) client() (string, error) {
	client, err := q.one("client")
	if err != nil {
		return "", err
	}
	if client != "" && !validName(client) {
		return "", errClient
	}
	return strings.Clone(client), nil
}

// number returns a parameter that is a whole number from 0 to limit, or absent
// if it was not given or is empty.
func (q query) number(key string, limit, absent int) (int, error) {
	text, err := q.one(key)
	if err != nil || text == "" {
		return absent, err
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n > uint64(limit) {
		return 0, paramRefused(key, "is a whole number from 0 to "+strconv.Itoa(limit))
	}
	return int(n), nil
}

// seconds is number for a duration.
func (q query) seconds(key string, limit int) (time.Duration, error) {
	n, err := q.number(key, limit, 0)
	return time.Duration(n) * time.Second, err
}

// framing returns the form in which the query wants events of that many rooms;
// single is what one room gets if nothing is said.
func (q query) framing(rooms int, single actors.Framing) (actors.Framing, error) {
	format, err := q.one("format")
	if err != nil {
		return 0, err
	}
	f := single
	switch format {
	case "":
		if rooms > 1 && single == actors.Named {
			f = actors.Tagged
		}
	case "named":
		f = actors.Named
	case "plain":
		f = actors.Plain
	case "tagged":
		f = actors.Tagged
	default:
		return 0, paramRefused("format", "is named, plain or tagged")
	}
	if rooms > 1 && f != actors.Tagged {
		return 0, errOneRoom
	}
	return f, nil
}

// presence reports whether a stream shall tell who comes and goes.
func (q query) presence() (bool, error) {
	switch text, err := q.one("presence"); {
	case err != nil:
		return false, err
	case text == "", text == "off":
		return false, nil
	case text == "on":
		return true, nil
	}
	return false, paramRefused("presence", "is on or off")
}

// user returns whose streams a message is for, or "" if it is for all.
func (q query) user() (string, error) {
	user, err := q.one("user")
	switch {
	case err != nil:
		return "", err
	case len(user) > actors.MaxUserLen:
		return "", paramRefused("user", "is at most "+strconv.Itoa(actors.MaxUserLen)+" bytes long")
	}
	return strings.Clone(user), nil
}

// heartbeatEvent reports whether heartbeats shall be events.
func (q query) heartbeatEvent() (bool, error) {
	switch text, err := q.one("heartbeat"); {
	case err != nil:
		return false, err
	case text == "":
		return false, nil
	case text == "event":
		return true, nil
	}
	return false, paramRefused("heartbeat", "is event, or not given")
}
