package cluster

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/parlor-sse/parlor/cluster/control"
	"github.com/parlor-sse/parlor/cluster/form"
	"github.com/parlor-sse/parlor/cluster/gossip"
)

// Requests that nodes make of each other.
const (
	askIdentify = "identify" // identity: identity
	askPropose  = "propose"  // form.Proposal: form.Answer
	askPending  = "pending"  // string, a cluster's id: bool
	askReport   = "report"   // report: nothing
	askStatus   = "status"   // nothing: status
)

// openPort opens the port of Raft and control. Requests that come before the
// node is open wait for it.
func (c *Cluster) openPort() error {
	handlers := map[string]control.Handler{
		askIdentify: c.answerIdentify,
		askPropose:  c.answerPropose,
		askPending:  c.answerPending,
		askReport:   c.answerReport,
		askStatus:   c.answerStatus,
	}
	for kind, h := range handlers {
		handlers[kind] = func(ctx context.Context, from string, body json.RawMessage) (any, error) {
			select {
			case <-c.opened:
				return h(ctx, from, body)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
	var err error
	c.port, err = control.Open(control.Config{
		Node: c.cfg.Node, Bind: c.hosts.control, TLS: c.cfg.TLS, Logger: c.log, Handlers: handlers,
		Refused: func(reason string) { c.metrics.control.WithLabelValues(reason).Inc() },
	})
	return err
}

// refuse counts and returns a refusal.
func (c *Cluster) refuse(code string, final bool, sentence string, args ...any) error {
	c.metrics.control.WithLabelValues(code).Inc()
	r := &control.Refusal{Code: code, Sentence: fmt.Sprintf(sentence, args...), Final: final}
	c.log.Debug("cluster request refused", "reason", code, "why", r.Sentence)
	return r
}

// identity is what nodes tell each other when they meet.
type identity struct {
	Node        string `json:"node"`
	Incarnation uint64 `json:"incarnation"`
	Cluster     string `json:"cluster,omitempty"`
	Replicas    int    `json:"replicas"`
	History     int    `json:"history"`
}

func (c *Cluster) identity() identity {
	return identity{
		Node: c.cfg.Node, Incarnation: c.cfg.Incarnation, Cluster: c.record.Cluster(),
		Replicas: c.cfg.Replicas, History: c.cfg.History,
	}
}

func identityOf(p gossip.Peer) identity {
	return identity{
		Node: p.Name, Incarnation: p.Meta.Started, Cluster: p.Meta.Cluster,
		Replicas: int(p.Meta.Replicas), History: int(p.Meta.History),
	}
}

// quarrel is why two nodes can not be in one cluster.
type quarrel struct {
	code     string
	sentence string
	newcomer string // the node that has to give way
}

// dispute returns why a and b can not be in one cluster, nil if they can. asks
// says which of them went to the other: of two clusters it gives way. It is
// pure and both nodes come to the same answer.
func dispute(asks, other identity) *quarrel {
	newcomer := asks
	switch {
	case asks.Cluster == "" && other.Cluster == "" && other.Incarnation > asks.Incarnation,
		asks.Cluster != "" && other.Cluster == "":
		newcomer = other
	}
	q := &quarrel{newcomer: newcomer.Node}
	switch {
	case asks.Node == other.Node && asks.Incarnation != other.Incarnation:
		q.code, q.newcomer = "name", asks.Node
		q.sentence = fmt.Sprintf("node name %q is in use by another node, which is running: give this node another name", asks.Node)
	case asks.Cluster != "" && other.Cluster != "" && asks.Cluster != other.Cluster:
		q.code = "cluster"
		q.sentence = fmt.Sprintf("node %q belongs to cluster %s and %q to cluster %s: start %q with an empty data directory, or without asking %q",
			asks.Node, asks.Cluster, other.Node, other.Cluster, asks.Node, other.Node)
	case asks.Replicas != other.Replicas:
		q.code = "replicas"
		q.sentence = fmt.Sprintf("node %q is set to %d replicas and %q to %d: all nodes need the same",
			asks.Node, asks.Replicas, other.Node, other.Replicas)
	case asks.History != other.History:
		q.code = "history"
		q.sentence = fmt.Sprintf("node %q is set to a history of %d and %q to %d: all nodes need the same",
			asks.Node, asks.History, other.Node, other.History)
	default:
		return nil
	}
	return q
}

// admit says which peers gossip lets in.
func (c *Cluster) admit(p gossip.Peer) error {
	q := dispute(identityOf(p), c.identity())
	if q == nil || q.code == "name" { // gossip itself sees to names
		return nil
	}
	c.metrics.refused.WithLabelValues(q.code).Inc()
	if q.newcomer == c.cfg.Node && q.code != "cluster" {
		c.fail(fmt.Errorf("%s", q.sentence))
	}
	return fmt.Errorf("%s", q.sentence)
}

// answerIdentify tells another node who this one is.
func (c *Cluster) answerIdentify(_ context.Context, from string, body json.RawMessage) (any, error) {
	var asks identity
	if err := json.Unmarshal(body, &asks); err != nil {
		return nil, err
	}
	me := c.identity()
	if asks.Node != from {
		return nil, c.refuse("name", true, "node %q asks in the name of %q", from, asks.Node)
	}
	q := dispute(asks, me)
	switch {
	case q == nil:
	case q.newcomer == asks.Node:
		c.metrics.refused.WithLabelValues(q.code).Inc()
		c.log.Warn("cluster refused a node", "node", asks.Node, "why", q.sentence)
		return nil, c.refuse(q.code, true, "%s", q.sentence)
	default:
		c.fail(fmt.Errorf("%s", q.sentence))
	}
	return me, nil
}

// answerPropose accepts a proposal of a cluster, or says why not.
func (c *Cluster) answerPropose(_ context.Context, from string, body json.RawMessage) (any, error) {
	var p form.Proposal
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, err
	}
	switch {
	case p.Proposer != from || p.Cluster == "":
		return nil, c.refuse("proposal", false, "node %q proposes in the name of %q", from, p.Proposer)
	case p.Replicas != c.cfg.Replicas || p.History != c.cfg.History:
		return form.Answer{Why: fmt.Sprintf("node %q is set to %d replicas and a history of %d, %q to %d and %d: all nodes need the same",
			from, p.Replicas, p.History, c.cfg.Node, c.cfg.Replicas, c.cfg.History)}, nil
	case p.Expect != c.cfg.Expect:
		return form.Answer{Why: fmt.Sprintf("node %q expects %d nodes, %q expects %d", from, p.Expect, c.cfg.Node, c.cfg.Expect)}, nil
	}
	ok, err := c.record.Accept(p)
	if err != nil {
		c.fail(err)
		return nil, err
	}
	a := form.Answer{Accepted: ok}
	if held := c.record.Held(); !ok && held != nil && c.record.Cluster() == "" {
		a.Proposer = held.Proposer
	} else if !ok {
		a.Why = fmt.Sprintf("node %q belongs to a cluster already", c.cfg.Node)
	}
	return a, nil
}

// answerPending says whether a proposal of this node may still come true.
func (c *Cluster) answerPending(_ context.Context, _ string, body json.RawMessage) (any, error) {
	var cluster string
	if err := json.Unmarshal(body, &cluster); err != nil {
		return nil, err
	}
	return c.record.Pending(cluster), nil
}

// status is how far a node is.
type status struct {
	Raft     string `json:"raft"`     // id of its store
	Applied  uint64 `json:"applied"`  // index of Raft
	Leading  bool   `json:"leading"`  // confirmed by the majority just now
	Document uint64 `json:"document"` // number of the newest document it knows
}

func (c *Cluster) answerStatus(context.Context, string, json.RawMessage) (any, error) {
	s := status{Raft: c.node.Store(), Applied: c.node.Applied()}
	s.Leading = c.node.Leading() && c.node.Verify() == nil
	doc, _ := c.node.Document()
	s.Document = doc.Number
	return s, nil
}

// statusOf asks a node how far it is.
func (c *Cluster) statusOf(node string) (status, error) {
	var s status
	address, ok := c.controlOf(node)
	if !ok {
		return s, fmt.Errorf("nobody knows where %s is", node)
	}
	ctx, cancel := context.WithTimeout(c.ctx, askTimeout)
	defer cancel()
	err := c.port.Call(ctx, node, address, askStatus, nil, &s)
	return s, err
}
