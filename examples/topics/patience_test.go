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
		group.Go(func() { ask(fmt.Sprint("user", others)) })
		return fmt.Errorf("%d others came meanwhile", others)
	})
}
