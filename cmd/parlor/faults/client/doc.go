// Package client is the people around a cluster whose nodes are being hurt:
// publishers that try again with the same key when no answer came, subscribers
// that read event streams as browsers do and come back with the id they had, and
// an observer that asks the nodes what they think. All of them note what they
// see in the history of the run, by its one clock.
package client
