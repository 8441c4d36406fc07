// Package httpfront speaks HTTP for a node: it checks requests, turns them into
// calls of Rooms, and turns the results into answers.
//
// It knows nothing of how rooms work. A stream's connection is taken from the
// HTTP server and handed to the rooms' Stream together with the response head;
// from then on this package neither reads nor writes it.
//
// A program that brings kinds of rooms of its own can bring routes of its own as
// well: Config.Routes, with handlers made by Page, EventStream, Fetch and HTTP.
//
// With Config.Auth it finds out who asks, by their token, and what they may do. What
// is behind it is told who that is, and never sees a token.
//
// Package fasthttp is used in this folder and nowhere else. Its defaults trust requests
// in a number of ways that guard.go and errors.go undo.
package httpfront
