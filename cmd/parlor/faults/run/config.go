package run

import (
	"errors"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/network"
)

// Ports of every node. Each has a host to itself.
const (
	publicPort  = "8080"
	adminPort   = "8081"
	clusterPort = "7946" // gossip; the two ports above it belong to the cluster, too
)

// Config says what nodes there are. All fields but Plain and Args are required.
type Config struct {
	Binary   string // path of the program
	Dir      string // of the run: data, logs and keys go there
	Nodes    int    // 1 runs without a cluster
	Spare    int    // nodes that may be added later
	Replicas int
	History  int  // messages that a room keeps
	Plain    bool // without keys between the nodes
	Args     []string
	Network  network.Network
}

// Validate joins all complaints.
func (c Config) Validate() error {
	var errs []error
	for _, rule := range []struct {
		ok   bool
		text string
	}{
		{c.Binary != "", "Binary is empty"},
		{c.Dir != "", "Dir is empty"},
		{c.Nodes >= 1, "Nodes is less than 1"},
		{c.Spare >= 0, "Spare is negative"},
		{c.Replicas >= 1, "Replicas is less than 1"},
		{c.History >= 1, "History is less than 1"},
		{c.Network != nil, "Network is nil"},
	} {
		if !rule.ok {
			errs = append(errs, errors.New(rule.text))
		}
	}
	return errors.Join(errs...)
}
