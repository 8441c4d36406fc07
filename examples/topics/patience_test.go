package main

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

// inTurn has one after another subscribe who have no stream: the first is answered,
// although others come all the time.
func inTurn(t *testing.T, program string) {
	n := nodetest.Start(t, program)
	answers := make(chan string, 1)
	ask := func(user string) string {
		a, err := requestTo(t, n, http.MethodPost, "/api/sse/subscribe", tokenOf(t, user), `{"topics":["events"]}`)
		return fmt.Sprint(a.Status, err)
	}
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() { answers <- ask("first") })
	others := 0
	proctest.Eventually(t, "the first is answered", func() error {
		select {
		case got := <-answers:
			if got != fmt.Sprint(http.StatusOK, error(nil)) {
				t.Errorf("the first got %s", got)
			}
			return nil
		default:
		}
		others++
		user := fmt.Sprint("user", others)
		group.Go(func() { ask(user) })
		return fmt.Errorf("%d others came meanwhile", others)
	})
}

// heldAnswersLost kills each node in turn, and so the one that holds answers to
// those back who subscribe without a stream: they are answered all the same.
func heldAnswersLost(t *testing.T, program string) {
	c := nodetest.StartCluster(t, program, 3)
	for _, victim := range c.Nodes {
		others := c.Others(victim)
		answers := make(chan string, 20)
		for i := range cap(answers) {
			go func() {
				a, err := requestTo(t, others[i%2], http.MethodPost, "/api/sse/subscribe", tokenOf(t, fmt.Sprint("user", i)), `{"topics":["events"]}`)
				answers <- fmt.Sprint(a.Status, err)
			}()
		}
		untilStats(t, others[0], `{"totalClients":0,"totalTopics":0,"topics":{}}`)
		victim.Kill()
		for range cap(answers) {
			if got := <-answers; got != fmt.Sprint(http.StatusOK, error(nil)) {
				t.Errorf("without %s: %s", victim.Name, got)
			}
		}
		c.Settle() // or it would come back before its death was noted, and the next one's be too much
		victim.Run()
		c.Settle()
	}
}
