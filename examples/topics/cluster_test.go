package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// expiry has a stream end with its token.
func expiry(t *testing.T, program string) {
	n := nodetest.Start(t, program)
	token := sign(t, testSecret, fmt.Sprintf(`{"id":1,"exp":%d}`, time.Now().Add(3*time.Second).Unix()))
	s := n.Open("/api/sse/stream?token=" + token)
	s.Wait(1, "token-expired")
	if got := s.Events("connected", "token-expiring"); len(got) != 2 {
		t.Errorf("before it there was %v", got)
	}
	untilStats(t, n, `{"totalClients":0,"totalTopics":0,"topics":{}}`)
}

// restart kills the only node: nothing of who was there stays, and who comes back
// and subscribes again, as clients do, is there.
func restart(t *testing.T, program string) {
	n := nodetest.Start(t, program)
	connect(t, n, "bob")
	connect(t, n, "ann")
	subscribe(t, n, "ann", "events")
	untilStats(t, n, `{"totalClients":2,"totalTopics":1,"topics":{"events":1}}`)
	n.Kill()
	n.Run()
	ann := connect(t, n, "ann")
	subscribe(t, n, "ann", "events")
	create(t, n, "x")
	ann.Wait(1, "newEvent")
	untilStats(t, n, `{"totalClients":1,"totalTopics":1,"topics":{"events":1}}`)
}

// threeNodes has everything happen at other nodes than where the streams are, and
// kills each node in turn, so that the one with the room is among them.
func threeNodes(t *testing.T, program string) {
	c := nodetest.StartCluster(t, program, 3)
	admin := sign(t, testSecret, adminPayload)
	first := connect(t, c.Nodes[0], "ann")
	second := connect(t, c.Nodes[1], "ann")
	first.Wait(1, "replaced")
	subscribe(t, c.Nodes[2], "ann", "events")
	create(t, c.Nodes[0], "x")
	second.Wait(1, "newEvent")
	second.Close()
	for _, n := range c.Nodes {
		untilStats(t, n, `{"totalClients":0,"totalTopics":0,"topics":{}}`)
	}
	for _, victim := range c.Nodes {
		others := c.Others(victim)
		one, other := connect(t, others[0], "one"), connect(t, others[1], "other")
		lost := connect(t, victim, "lost")
		subscribe(t, others[1], "one", "events")
		subscribe(t, victim, "other", "posts")
		subscribe(t, others[0], "lost", "events")
		untilStats(t, others[0], `{"totalClients":3,"totalTopics":2,"topics":{"events":2,"posts":1}}`)
		victim.Kill()
		for _, n := range others {
			untilStats(t, n, `{"totalClients":2,"totalTopics":2,"topics":{"events":1,"posts":1}}`)
		}
		create(t, others[1], "y")
		one.Wait(1, "newEvent")
		post(t, others[0], "/api/admin/announcement", admin, `{"message":"still here"}`)
		other.Wait(1, "announcement")
		if got := other.Events("newEvent"); len(got) != 0 {
			t.Errorf("who has not subscribed got %v", got)
		}
		for _, s := range []*nodetest.Stream{one, other, lost} {
			s.Close()
		}
		victim.Run()
		c.Settle()
		untilStats(t, victim, `{"totalClients":0,"totalTopics":0,"topics":{}}`)
	}
}
