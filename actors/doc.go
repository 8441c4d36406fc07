// Package actors runs rooms. A room is a virtual actor: addressed by name,
// created by the first message to it, put to sleep when idle, alive on one node
// at a time. It numbers what is published to it, has it committed, and only
// then lets anybody see it.
//
// What a room does besides is its kind's: a behaviour, which is any Go value with
// some of the methods Start, Connect, Disconnect, Publish, Update, Alarm and Fetch
// (Starter and so on). It acts through a Context: storage, one alarm, events to
// those who listen, calls to other rooms. Programs register kinds in their
// Config; the default kind, the broker, is one of them.
//
// The package has two halves that speak in messages only. The owner half is the
// router and the rooms behind it. The front half is the outlets: one for each
// room that somebody at this node listens to, which receives the room's frames
// once, renders them once and lets package fanout send them to every stream.
package actors
