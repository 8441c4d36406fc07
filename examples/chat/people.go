package main

import (
	"slices"

	"github.com/parlor-sse/parlor/actors"
)

// Person is who an event "joined" or "left" is about.
type Person struct {
	Name string `json:"name"`
}

// Presence is who is in a room.
type Presence struct {
	People []string `json:"people"` // by name, the first maxPeople
	Count  int      `json:"count"`  // of people
	Guests int      `json:"guests"` // streams without a name
}

// maxPeople bounds the names that are listed: so many of the longest fit into one
// event.
const maxPeople = 400

// presence returns who is there, as of this call.
func presence(ctx *actors.Context) Presence {
	names := []string{} // which JSON shows as an empty list
	guests := 0
	for _, s := range ctx.Subscribers() {
		if s.Client == "" {
			guests++
		} else {
			names = append(names, s.Client)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return Presence{People: names[:min(len(names), maxPeople)], Count: len(names), Guests: guests}
}

// streamsOf returns how many streams are open under a name.
func streamsOf(ctx *actors.Context, name string) int {
	n := 0
	for _, s := range ctx.Subscribers() {
		if s.Client == name {
			n++
		}
	}
	return n
}
