// Package webhook tells an HTTP endpoint what happens to rooms: that the first
// stream opened, that the last one ended, and, if wanted, who comes and goes. It
// is a sink of rooms: what it could not deliver is handed to it again, so that
// the endpoint hears of everything at least once, of one room in order. Each event
// has an id by which copies are recognised, and each request a signature.
package webhook
