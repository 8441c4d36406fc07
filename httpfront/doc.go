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
// Package fasthttp is used in this folder and nowhere else. Its defaults trust requests
// in a number of ways that guard.go and errors.go undo.
package httpfront
