package actors_test

import (
	"fmt"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// lounge tells everybody who comes and goes.
type lounge struct{}

// Connect implements actors.Connecter.
func (lounge) Connect(ctx *actors.Context, s actors.Subscriber) error {
	return ctx.Broadcast("came", fmt.Sprintf("%s, now we are %d", s.Client, len(ctx.Subscribers())))
}

// Disconnect implements actors.Disconnecter.
func (lounge) Disconnect(ctx *actors.Context, s actors.Subscriber) error {
	return ctx.Broadcast("went", fmt.Sprintf("%s, now we are %d", s.Client, len(ctx.Subscribers())))
}

// A room is told once of each stream, at whatever node it opened, and once of its
// end, even if that node died.
func ExampleConnecter() {
	sys := openLocal(actors.Kind{Name: "lounge", New: func() any { return lounge{} }})
	defer sys.Close()

	room := persistence.RoomKey{Kind: "lounge", Name: "first-class"}
	ann, annsStream := sys.listen(room, "Ann")
	defer annsStream.Close()
	fmt.Println(next(ann))
	bob, bobsStream := sys.listen(room, "Bob")
	fmt.Println(next(ann))
	fmt.Println("Bob hears:", next(bob))
	bobsStream.Close()
	fmt.Println(next(ann))
	// Output:
	// came "Ann, now we are 1"
	// came "Bob, now we are 2"
	// Bob hears: came "Bob, now we are 2"
	// went "Bob, now we are 1"
}
