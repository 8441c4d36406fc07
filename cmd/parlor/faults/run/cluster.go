package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// startTime bounds how long nodes may take until they are ready.
const startTime = 60 * time.Second

// Cluster is all nodes of a run. Its methods are for one goroutine at a time.
type Cluster struct {
	cfg   Config
	nodes []*Node // in the order of their hosts
}

// New prepares the nodes and the keys between them. It starts nothing.
func New(ctx context.Context, cfg Config) (*Cluster, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure run: %w", err)
	}
	c := &Cluster{cfg: cfg}
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		return nil, err
	}
	if err := c.makeKeys(ctx); err != nil {
		return nil, err
	}
	for range cfg.Nodes {
		if _, err := c.Add(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// makeKeys lets the program make certificates and a gossip key.
func (c *Cluster) makeKeys(ctx context.Context) error {
	if c.cfg.Plain || c.cfg.Nodes == 1 {
		return nil
	}
	args := []string{"cert", "--out", c.keys()}
	for i := range c.cfg.Nodes + c.cfg.Spare {
		args = append(args, NodeName(i))
	}
	if out, err := exec.CommandContext(ctx, c.cfg.Binary, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("make keys: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

func (c *Cluster) keys() string { return filepath.Join(c.cfg.Dir, "keys") }

// NodeName returns the name of the node on a host.
func NodeName(host int) string { return fmt.Sprintf("n%d", host+1) }

// flags are those of a node that only clusters have.
func (c *Cluster) flags(index int, name string) ([]string, error) {
	if c.cfg.Nodes == 1 {
		return c.exposed(), nil
	}
	var flags, join []string
	for i := range c.cfg.Nodes {
		host, err := c.cfg.Network.Host(i)
		if err != nil {
			return nil, err
		}
		if i != index {
			join = append(join, host+":"+clusterPort)
		}
	}
	host, err := c.cfg.Network.Host(index)
	if err != nil {
		return nil, err
	}
	flags = append(flags, "--cluster", host+":"+clusterPort, "--join", strings.Join(join, ","),
		"--expect", fmt.Sprint(c.cfg.Nodes), "--replicas", fmt.Sprint(c.cfg.Replicas))
	if !c.cfg.Plain {
		file := func(name string) string { return filepath.Join(c.keys(), name) }
		flags = append(flags, "--cluster-cert", file(name+".pem"), "--cluster-key", file(name+"-key.pem"),
			"--cluster-ca", file("ca.pem"), "--gossip-key-file", file("gossip.key"))
	}
	return append(flags, c.exposed()...), nil
}

// exposed lets nodes serve clients on addresses beyond loopback, which all are
// inside the harness.
func (c *Cluster) exposed() []string {
	if c.cfg.Network.Kind() == "loopback" {
		return nil
	}
	return []string{"--insecure"}
}

// Add prepares a node on the next host.
func (c *Cluster) Add() (*Node, error) {
	index := len(c.nodes)
	node, err := c.prepare(index, NodeName(index), NodeName(index))
	if err == nil {
		c.nodes = append(c.nodes, node)
	}
	return node, err
}

// Impostor prepares a node on a host that nobody uses, under the name of
// another. It is none of Nodes: who asks for it ends it.
func (c *Cluster) Impostor(name string) (*Node, error) {
	return c.prepare(len(c.nodes), name, "impostor")
}

func (c *Cluster) prepare(index int, name, dir string) (*Node, error) {
	flags, err := c.flags(index, name)
	if err != nil {
		return nil, err
	}
	return newNode(&c.cfg, index, name, filepath.Join(c.cfg.Dir, dir), flags)
}

// Remove forgets the node that was added last. It must have ended.
func (c *Cluster) Remove() { c.nodes = c.nodes[:len(c.nodes)-1] }

// Nodes returns the nodes, running or not.
func (c *Cluster) Nodes() []*Node { return slices.Clone(c.nodes) }

// Node returns the node of that name, or nil.
func (c *Cluster) Node(name string) *Node {
	for _, n := range c.nodes {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// Start starts all nodes and waits until they are ready.
func (c *Cluster) Start(ctx context.Context) error {
	for _, n := range c.nodes {
		if err := n.Start(); err != nil {
			return err
		}
	}
	return c.Ready(ctx)
}

// Ready waits until all nodes are.
func (c *Cluster) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	errs := make([]error, len(c.nodes))
	var waiting sync.WaitGroup
	for i, n := range c.nodes {
		waiting.Go(func() { errs[i] = n.Ready(ctx) })
	}
	waiting.Wait()
	return errors.Join(errs...)
}

// Kill ends all processes at once, as a power cut would.
func (c *Cluster) Kill() {
	var waiting sync.WaitGroup
	for _, n := range c.nodes {
		waiting.Go(n.Kill)
	}
	waiting.Wait()
}
