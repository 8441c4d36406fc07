package wire

import "github.com/parlor-sse/parlor/persistence"

type (
	// Create asks a room's owner to bring the room into being, so that others find
	// it by its object id; answered by Created.
	Create struct {
		Room persistence.RoomKey
	}

	// Created answers Create.
	Created struct {
		Code Code
	}

	// Find asks a node for the room of an object id; answered by Found.
	Find struct {
		Kind string
		ID   string // object id
	}

	// Found answers Find. Only Code means something unless it is OK.
	Found struct {
		Code Code
		Room persistence.RoomKey // zero unless OK
		OK   bool                // the node holds the room
	}
)

func (Create) wire()  {}
func (Created) wire() {}
func (Find) wire()    {}
func (Found) wire()   {}

func (d *decoder) created() (m Created) {
	for d.next() {
		d.answer(&m.Code)
	}
	return m
}

func (m *Find) append(dst []byte) []byte {
	dst = appendText(head(dst, kindFind), 1, m.Kind)
	return appendText(dst, 2, m.ID)
}

func (d *decoder) find() (m Find) {
	for d.next() {
		switch d.num {
		case 1:
			m.Kind = d.text(persistence.MaxNameBytes)
		case 2:
			m.ID = d.text(MaxObjectIDBytes)
		default:
			d.skip()
		}
	}
	d.want(validName(m.Kind) && m.ID != "")
	return m
}

func (m *Found) append(dst []byte) []byte {
	dst = appendAnswer(dst, kindFound, m.Code)
	dst = appendRoom(dst, 2, m.Room)
	return appendBool(dst, 3, m.OK)
}

func (d *decoder) found() (m Found) {
	for d.next() {
		switch d.num {
		case 2:
			m.Room = d.room()
		case 3:
			m.OK = d.bool()
		default:
			d.answer(&m.Code)
		}
	}
	d.want(m.OK == (m.Room.Name != ""))
	return m
}
