package network

import "errors"

// ErrNoLinks says that this network has no links that could be cut.
var ErrNoLinks = errors.New("nodes on loopback addresses have no links that could be cut")

// maxHosts is how many hosts fit.
const maxHosts = 100

// Network is where the nodes are. Hosts are numbered from 0. Its methods are for
// one goroutine at a time.
type Network interface {
	// Kind is one word for people.
	Kind() string
	// Host returns the address of a host, which is made when it is first asked
	// for.
	Host(i int) (string, error)
	// Hub returns the address of the harness, which every host reaches whatever is
	// cut between hosts.
	Hub() string
	// Command returns the command line that runs args on a host.
	Command(i int, args []string) []string
	// Block drops every packet from one host that enters another, until Heal.
	Block(from, to int) error
	// Lose drops a share of the packets, 0 to 1, that enter a host from other
	// hosts, until Heal.
	Lose(to int, share float64) error
	// Heal undoes Block and Lose everywhere.
	Heal() error
}
