package wire

import "github.com/parlor-sse/parlor/persistence"

func (m *Open) append(dst []byte) []byte {
	return appendUint(head(dst, kindOpen), 1, m.Link)
}

func (m *Reset) append(dst []byte) []byte {
	return appendUint(head(dst, kindReset), 1, m.Link)
}

func (m *Beat) append(dst []byte) []byte {
	dst = appendUint(head(dst, kindBeat), 1, m.Link)
	dst = appendUint(dst, 2, m.Sent)
	return appendUint(dst, 3, m.Received)
}

func (m *LinkMessage) append(dst []byte) []byte {
	switch b := m.Body.(type) {
	case Attach:
		dst = m.head(dst, kindAttach, b.Room)
		dst = appendPosition(dst, 4, b.Have)
		return appendBool(dst, 5, b.Known)
	case Detach:
		return m.head(dst, kindDetach, b.Room)
	case Roster:
		dst = m.head(dst, kindRoster, b.Room)
		dst = appendSubscribers(dst, 4, b.Joins)
		dst = appendUints(dst, 5, b.Leaves)
		dst = appendBool(dst, 6, b.All)
		dst = appendBool(dst, 7, b.Watch)
		return appendBool(dst, 8, b.List)
	case Attached:
		dst = m.head(dst, kindAttached, b.Room)
		dst = appendLineage(dst, 4, b.Lineage)
		dst = appendUints(dst, 5, b.Past)
		dst = appendPosition(dst, 6, b.Last)
		return appendRecords(dst, 7, b.History)
	case Frames:
		dst = m.head(dst, kindFrames, b.Room)
		return appendRecords(dst, 4, b.Records)
	case Update:
		dst = m.head(dst, kindUpdate, b.Room)
		dst = appendBytes(dst, 4, b.Data)
		return appendText(dst, 5, b.Event)
	case Targeted:
		dst = m.head(dst, kindTargeted, b.Room)
		dst = appendText(dst, 4, b.Client)
		dst = appendText(dst, 5, b.Event)
		dst = appendBytes(dst, 6, b.Data)
		return appendText(dst, 7, b.User)
	case Kick:
		dst = m.head(dst, kindKick, b.Room)
		dst = appendText(dst, 4, b.Client)
		dst = appendText(dst, 5, b.User)
		dst = appendUints(dst, 6, b.Streams)
		return appendText(dst, 7, b.By)
	case Presence:
		dst = m.head(dst, kindPresence, b.Room)
		return b.append(dst)
	case Lost:
		return m.head(dst, kindLost, b.Room)
	}
	panic("wire: no message on a link: " + nameOf(m.Body))
}

// head appends what every counted message begins with.
func (m *LinkMessage) head(dst []byte, k kind, room persistence.RoomKey) []byte {
	dst = appendUint(head(dst, k), 1, m.Link)
	dst = appendUint(dst, 2, m.N)
	return appendRoom(dst, 3, room)
}

// link reads a message on a link.
func (d *decoder) link(k kind) Message {
	switch k {
	case kindOpen, kindReset, kindBeat:
		return d.linkState(k)
	}
	var m LinkMessage
	var room persistence.RoomKey
	switch k {
	case kindAttach:
		m.Body = d.attach(&m, &room)
	case kindDetach:
		d.bare(&m, &room)
		m.Body = Detach{Room: room}
	case kindRoster:
		m.Body = d.roster(&m, &room)
	case kindAttached:
		m.Body = d.attached(&m, &room)
	case kindFrames:
		m.Body = d.frames(&m, &room)
	case kindUpdate:
		m.Body = d.update(&m, &room)
	case kindTargeted:
		m.Body = d.targeted(&m, &room)
	case kindKick:
		m.Body = d.kick(&m, &room)
	case kindPresence:
		m.Body = d.presence(&m, &room)
	case kindLost:
		d.bare(&m, &room)
		m.Body = Lost{Room: room}
	default:
		return nil
	}
	d.wantRoom(room)
	return m
}

// linkState reads a message that is not counted. The three share their fields.
func (d *decoder) linkState(k kind) Message {
	var m Beat
	for d.next() {
		switch d.num {
		case 1:
			m.Link = d.uint()
		case 2:
			m.Sent = d.uint()
		case 3:
			m.Received = d.uint()
		default:
			d.skip()
		}
	}
	switch k {
	case kindOpen:
		return Open{Link: m.Link}
	case kindReset:
		return Reset{Link: m.Link}
	}
	return m
}

// counted reads one of the fields that every counted message begins with, or
// passes over one that none has.
func (d *decoder) counted(m *LinkMessage, room *persistence.RoomKey) {
	switch d.num {
	case 1:
		m.Link = d.uint()
	case 2:
		m.N = d.uint()
	case 3:
		*room = d.room()
	default:
		d.skip()
	}
}
