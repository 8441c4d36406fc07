package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/parlor-sse/parlor/cluster/agree"
	"github.com/parlor-sse/parlor/cluster/control"
	"github.com/parlor-sse/parlor/cluster/form"
)

// Times of a beginning.
const (
	formEvery  = 200 * time.Millisecond
	greetEvery = time.Second
	aloneAfter = 3 * time.Second // how long a node that asks others waits before it is a cluster by itself
)

// form brings this node into a cluster.
func (c *Cluster) form() {
	cfg := form.Config{
		Node: c.cfg.Node, Expect: c.cfg.Expect, Replicas: c.cfg.Replicas, History: c.cfg.History,
		Record: c.record, Network: neighbours{c}, Logger: c.log,
	}
	if len(c.cfg.Join) > 0 {
		cfg.AloneAfter = aloneAfter
	}
	former := form.New(cfg)
	for {
		done, err := former.Step(c.ctx, time.Now())
		if err != nil {
			c.fail(fmt.Errorf("this node can not keep what it agreed to: %w", err))
			return
		}
		if done {
			break
		}
		if !c.pause(formEvery) {
			return
		}
	}
	c.spread()
	c.look()
	if err := c.bootstrap(); err != nil {
		c.fail(err)
	}
}

// bootstrap begins the Raft group of the cluster that this node has proposed.
func (c *Cluster) bootstrap() error {
	held := c.record.Held()
	if held == nil || held.Proposer != c.cfg.Node || held.Cluster != c.record.Cluster() || c.node.Begun() {
		return nil
	}
	var servers []agree.Server
	for _, m := range held.Members[:min(len(held.Members), agree.MaxVoters)] {
		if m.Name == c.cfg.Node && m.Raft != c.node.Store() {
			return nil // the store in which it was begun is gone; others have it
		}
		servers = append(servers, agree.Server{Node: m.Name, Store: m.Raft, Address: m.Control})
	}
	return c.node.Bootstrap(servers)
}

// neighbours are the other nodes for package form.
type neighbours struct{ c *Cluster }

func (n neighbours) Peers() []form.Peer {
	var all []form.Peer
	for _, p := range n.c.gossip.Peers() {
		all = append(all, form.Peer{Member: asMember(p), Cluster: p.Meta.Cluster})
	}
	return all
}

func (n neighbours) Propose(ctx context.Context, to form.Peer, p form.Proposal) (form.Answer, error) {
	var a form.Answer
	err := n.ask(ctx, to, askPropose, p, &a)
	return a, err
}

func (n neighbours) Pending(ctx context.Context, to form.Peer, cluster string) (bool, error) {
	var pending bool
	err := n.ask(ctx, to, askPending, cluster, &pending)
	return pending, err
}

func (n neighbours) Identify(ctx context.Context, to form.Peer) error {
	return n.ask(ctx, to, askIdentify, n.c.identity(), new(identity))
}

func (n neighbours) ask(ctx context.Context, to form.Peer, kind string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	err := n.c.port.Call(ctx, to.Member.Name, to.Member.Control, kind, in, out)
	n.c.heed(err)
	return err
}

// heed fails the node if it was told no for good.
func (c *Cluster) heed(err error) {
	var no *control.Refusal
	if errors.As(err, &no) && no.Final {
		c.fail(no)
	}
}

// greet introduces this node to those that it was told to join, until a leader
// has confirmed it. It is how a node learns that it is not wanted.
func (c *Cluster) greet() {
	for {
		for _, join := range c.cfg.Join {
			c.greetOne(join)
		}
		select {
		case <-c.confirmed:
			return
		default:
		}
		if !c.pause(greetEvery) {
			return
		}
	}
}

// greetOne introduces this node to the one whose gossip is at the address.
func (c *Cluster) greetOne(join string) {
	host, port, err := splitAddress(join)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, askTimeout)
	defer cancel()
	address := net.JoinHostPort(host, strconv.Itoa(port+1))
	err = c.port.Call(ctx, "", address, askIdentify, c.identity(), new(identity))
	c.heed(err)
}

// confirmEvery is how often a node asks for the leader's word.
const confirmEvery = 50 * time.Millisecond

// confirm waits until this node has published all that a leader knew to be
// agreed at some moment after the start.
func (c *Cluster) confirm() {
	var target uint64
	for c.pause(confirmEvery) {
		if target == 0 {
			target = c.leaderDocument()
		}
		if target != 0 && c.published.document().Number >= target {
			close(c.confirmed)
			return
		}
	}
}

// leaderDocument returns the number of the document that a leader, sure to
// lead, knows; zero if there is none.
func (c *Cluster) leaderDocument() uint64 {
	leader := c.node.Leader()
	if leader == "" {
		return 0
	}
	if leader == c.cfg.Node {
		if c.node.Catch() != nil {
			return 0
		}
		doc, _ := c.node.Document()
		return doc.Number
	}
	if s, err := c.statusOf(leader); err == nil && s.Leading {
		return s.Document
	}
	return 0
}

// Ready waits until a ring is known that this node has confirmed with a leader
// since it started. It returns ctx's error if that ends first, and ErrClosed
// after Close.
func (c *Cluster) Ready(ctx context.Context) error {
	select {
	case <-c.confirmed:
		return nil
	default:
	}
	select {
	case <-c.confirmed:
		return nil
	case <-c.ctx.Done():
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("wait for the ring: %w", context.Cause(ctx))
	}
}

// contact is how recent a leader's word has to be.
const contact = time.Second

// Quorate reports whether this node was in contact with a leader within the
// last second, or leads and is followed. It is cheap and never blocks.
func (c *Cluster) Quorate() bool { return c.View() != nil && c.node.InContact(contact) }
