package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"reflect"
	"sync"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

const (
	// watchEvery is how often each node, and somebody about each room, is asked.
	watchEvery = 500 * time.Millisecond
	// askTimeout bounds a question.
	askTimeout = 2 * time.Second
)

// Observer asks nodes who owns the rooms and who belongs to the cluster, and
// notes the answers that are news. Ask methods may be called from any goroutine.
type Observer struct {
	nodes    *Nodes
	recorder *history.Recorder
	client   *http.Client
	rooms    []string

	mu     sync.Mutex
	rings  map[string]history.Ring  // guarded by mu; the newest of each node
	owners map[string]history.Owner // guarded by mu; the newest of each node and room

	end  context.CancelFunc
	work sync.WaitGroup
}

// StartObserver begins to ask.
func StartObserver(ctx context.Context, rooms []string, nodes *Nodes, recorder *history.Recorder) *Observer {
	o := &Observer{
		nodes: nodes, recorder: recorder, rooms: rooms,
		client: &http.Client{Timeout: askTimeout, Transport: &http.Transport{
			DialContext: (&net.Dialer{Timeout: dialTimeout}).DialContext, MaxIdleConnsPerHost: 8,
		}},
		rings: make(map[string]history.Ring), owners: make(map[string]history.Owner),
	}
	ctx, o.end = context.WithCancel(ctx)
	o.work.Go(func() { o.watch(ctx) })
	return o
}

// Stop asks no more.
func (o *Observer) Stop() {
	o.end()
	o.work.Wait()
	o.client.CloseIdleConnections()
}

// watch asks until ctx ends. Nodes that answer late do not hold up the others.
func (o *Observer) watch(ctx context.Context) {
	rng := rand.New(rand.NewPCG(0, 0))
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		var asking sync.WaitGroup
		for _, node := range o.nodes.List() {
			asking.Go(func() { _, _ = o.Ring(ctx, node) })
		}
		for _, room := range o.rooms {
			node := o.nodes.Pick(rng, "")
			asking.Go(func() { _, _ = o.Owner(ctx, node, room) })
		}
		asking.Wait()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Ring asks a node for its cluster's members.
func (o *Observer) Ring(ctx context.Context, node Node) (history.Ring, error) {
	var answer struct {
		RingVersion uint64
		Leader      string
		Rings       int
		Handover    struct{ Done bool }
		Members     []history.Member
	}
	if err := o.ask(ctx, node, "/members", &answer); err != nil {
		return history.Ring{}, err
	}
	ring := history.Ring{Asked: node.Name, Version: answer.RingVersion, Leader: answer.Leader, Members: answer.Members,
		Rings: answer.Rings, Handing: !answer.Handover.Done}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !reflect.DeepEqual(o.rings[node.Name], ring) {
		o.rings[node.Name] = ring
		ring.Time = o.recorder.Now()
		o.recorder.Note(ring)
	}
	return ring, nil
}

// Owner asks a node who owns a room.
func (o *Observer) Owner(ctx context.Context, node Node, room string) (history.Owner, error) {
	var answer struct {
		Owner      string
		Epoch, Seq uint64
	}
	if err := o.ask(ctx, node, "/rooms/"+room, &answer); err != nil {
		return history.Owner{}, err
	}
	owner := history.Owner{Asked: node.Name, Room: room, Owner: answer.Owner, Epoch: answer.Epoch}
	o.mu.Lock()
	defer o.mu.Unlock()
	if key := node.Name + " " + room; o.owners[key] != owner {
		o.owners[key] = owner
		owner.Time, owner.Seq = o.recorder.Now(), answer.Seq
		o.recorder.Note(owner)
	}
	return owner, nil
}

// ask reads the JSON that a node answers.
func (o *Observer) ask(ctx context.Context, node Node, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+node.Address+path, nil)
	if err != nil {
		return err
	}
	answer, err := o.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s for %s: status %d", node.Name, path, answer.StatusCode)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("ask %s for %s: %w", node.Name, path, err)
	}
	return nil
}
