package actors

import (
	"maps"
	"slices"

	"github.com/parlor-sse/parlor/actors/wire"
)

const presenceEvent = "presence"

// personData is a stream in the data of event presence.
type personData struct {
	ID     string `json:"id"`
	Client string `json:"client"`
	User   string `json:"user"`
	Node   string `json:"node"`
	Since  string `json:"since"`
}

func personDataOf(p *wire.Person) personData {
	s := subscriberOf(p.Node, &p.Subscriber)
	return personData{
		ID: s.ID, Client: s.Client, User: s.User, Node: s.Node, Since: string(appendTime(nil, p.Since)),
	}
}

func peopleData(people []wire.Person) []personData {
	all := make([]personData, len(people))
	for i := range people {
		all[i] = personDataOf(&people[i])
	}
	return all
}

// list returns the data of an event presence that tells who is on the room, the
// oldest stream first.
func (w *watch) list(room string) []byte {
	if w.data == nil {
		people := slices.SortedFunc(maps.Values(w.people), comparePeople)
		w.data = mustJSON(struct {
			Type        string       `json:"type"`
			Room        string       `json:"room"`
			Subscribers []personData `json:"subscribers"`
			Count       int          `json:"count"`
			Truncated   bool         `json:"truncated"`
		}{"list", room, peopleData(people), w.count, len(people) < w.count})
	}
	return w.data
}

// changeData returns the data of an event presence that tells who came or went.
func changeData(change, room string, people []wire.Person, count int) []byte {
	data := struct {
		Type        string       `json:"type"`
		Room        string       `json:"room"`
		Subscriber  *personData  `json:"subscriber,omitempty"`
		Subscribers []personData `json:"subscribers,omitempty"`
		Count       int          `json:"count"`
	}{Type: change, Room: room, Count: count}
	if len(people) == 1 {
		data.Subscriber = new(personData)
		*data.Subscriber = personDataOf(&people[0])
	} else {
		data.Subscribers = peopleData(people)
	}
	return mustJSON(data)
}
