package main

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// The paths of what the switchboard is asked, and what it is asked with.
const (
	pathSubscribe   = "/subscribe"
	pathUnsubscribe = "/unsubscribe"
	pathSend        = "/send"
	pathStats       = "/stats"
)

// order is what the switchboard is asked to do.
type order struct {
	User   string          `json:"user,omitempty"`   // who subscribes, or whom to send to
	Topics []string        `json:"topics,omitempty"` // to subscribe to
	Topic  string          `json:"topic,omitempty"`  // whose subscribers to send to
	After  string          `json:"after,omitempty"`  // the user to go on after
	Event  string          `json:"event,omitempty"`
	Data   json.RawMessage `json:"data,omitempty"`
}

// sent is how far the switchboard got with sending.
type sent struct {
	Clients int    `json:"clients"` // users whom it was sent to
	Next    string `json:"next"`    // the user to go on after; empty when all is sent
}

// send sends an event to a topic, to a user, or to all.
func send(ctx *actors.Context, o order) (sent, error) {
	r := registry{ctx.Storage()}
	switch {
	case o.Topic != "":
		return r.sendToTopic(ctx, o)
	case o.User != "":
		c, err := r.client(o.User)
		if err != nil || !c.connected() {
			return sent{}, err
		}
		return sent{Clients: 1}, ctx.SendToUser(o.User, o.Event, o.Data)
	}
	s, err := r.stats()
	if err != nil {
		return sent{}, err
	}
	return sent{Clients: s.TotalClients}, ctx.Send(o.Event, o.Data)
}

// sendToTopic sends an event to as many subscribers as one call may.
func (r registry) sendToTopic(ctx *actors.Context, o order) (sent, error) {
	prefix := topicKey + o.Topic + "/"
	options := actors.ListOptions{Prefix: prefix, Limit: actors.MaxBroadcasts}
	if o.After != "" {
		options.StartAfter = prefix + o.After
	}
	subscribers, err := r.storage.List(options)
	if err != nil {
		return sent{}, err
	}
	var s sent
	for _, item := range subscribers {
		user := strings.TrimPrefix(item.Key, prefix)
		c, err := r.client(user)
		if err != nil {
			return s, err
		}
		if !c.connected() {
			continue
		}
		if err := ctx.SendToUser(user, o.Event, o.Data); err != nil {
			return s, err
		}
		s.Clients++
	}
	if len(subscribers) == actors.MaxBroadcasts {
		s.Next = strings.TrimPrefix(subscribers[len(subscribers)-1].Key, prefix)
	}
	return s, nil
}

// Stats says who is there.
type Stats struct {
	TotalClients int            `json:"totalClients"` // users with a stream
	TotalTopics  int            `json:"totalTopics"`  // that any of them has subscribed to
	Topics       map[string]int `json:"topics"`       // how many of them; the first maxListed topics by name
}

// maxListed bounds the topics that Stats lists.
const maxListed = 1000

// stats counts who is there.
func (r registry) stats() (Stats, error) {
	s := Stats{Topics: make(map[string]int)}
	if _, err := r.storage.GetJSON(clientsKey, &s.TotalClients); err != nil {
		return s, err
	}
	counts, err := r.storage.List(actors.ListOptions{Prefix: countKey})
	if err != nil {
		return s, err
	}
	s.TotalTopics = len(counts)
	for _, item := range counts[:min(len(counts), maxListed)] {
		n, err := strconv.Atoi(string(item.Value))
		if err != nil {
			return s, err
		}
		s.Topics[strings.TrimPrefix(item.Key, countKey)] = n
	}
	return s, nil
}

// late returns users whose subscriptions have waited for a stream for too long.
func (r registry) late(now time.Time) ([]string, error) {
	waiting, err := r.storage.List(actors.ListOptions{Prefix: waitingKey})
	var late []string
	for _, item := range waiting {
		until, _ := strconv.ParseInt(string(item.Value), 10, 64) // what is no number is over
		if until <= now.UnixMilli() {
			late = append(late, strings.TrimPrefix(item.Key, waitingKey))
		}
	}
	return late, err
}
