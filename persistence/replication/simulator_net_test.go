package replication_test

import "github.com/parlor-sse/parlor/persistence/replication"

// simMessage is a message on its way.
type simMessage struct {
	room     int
	from, to int
	message  replication.Message
}

// maxFlying bounds the messages on their way: beyond it the oldest are lost.
const maxFlying = 256

// simNet keeps messages until somebody takes them.
type simNet struct {
	flying []simMessage
	cut    [][]bool // cut[a][b]: nothing gets from a to b
}

func newSimNet(n int) *simNet {
	net := &simNet{cut: make([][]bool, n)}
	for i := range net.cut {
		net.cut[i] = make([]bool, n)
	}
	return net
}

func (net *simNet) send(m simMessage) {
	if len(net.flying) == maxFlying {
		net.flying = append(net.flying[:0], net.flying[1:]...)
	}
	net.flying = append(net.flying, m)
}

// take removes a message.
func (net *simNet) take(i int) simMessage {
	m := net.flying[i]
	net.flying = append(net.flying[:i], net.flying[i+1:]...)
	return m
}

// heal lets everything through.
func (net *simNet) heal() {
	for _, row := range net.cut {
		clear(row)
	}
}
