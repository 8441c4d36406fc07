package replication_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/persistence/replication"
)

// mutantSeeds is within how many schedules a broken rule has to be noticed.
const mutantSeeds = 20_000

// seenInside are the mutants that do harm so rarely that only a look inside
// every step notices them in time.
var seenInside = []string{"count every acknowledgement", "promise one epoch to two"}

// TestSimulatorCatchesMutants breaks one rule at a time. A simulator that does
// not notice would not notice a mistake either. Every mutant is to be noticed by
// what happens inside; nearly every one also by its harm alone, that is by what
// owners begin with, by what they commit, and by whether peace comes.
func TestSimulatorCatchesMutants(t *testing.T) {
	if slow {
		t.Skip("takes minutes under the race detector, which has nothing to find in one goroutine")
	}
	inside, outside := &catcher{}, &catcher{blind: true}
	weaknesses := replication.Weaknesses()
	for _, name := range slices.Sorted(maps.Keys(weaknesses)) {
		inside.catch(t, name, weaknesses[name], sound)
		if !slices.Contains(seenInside, name) && !testing.Short() {
			outside.catch(t, name+", by its harm", weaknesses[name], sound)
		}
	}
	inside.catch(t, "retire a ring before it is handed over", 0, retireEarly)
	inside.catch(t, "retire a ring on a forgetful report", 0, retireOnAmnesia)
	t.Logf("inside: %v; outside: %v", inside, outside)
}

type catcher struct {
	blind bool
	runs  []int // how many schedules each mutant took
}

func (c *catcher) catch(t *testing.T, name string, weakness replication.Weakness, f flaw) {
	t.Run(name, func(t *testing.T) {
		for seed := range uint64(mutantSeeds) {
			w := newWorld(seed)
			w.weakness, w.flaw, w.blind = weakness, f, c.blind
			if w.run(); w.err != nil {
				t.Logf("seed %d: %v", seed, w.err)
				c.runs = append(c.runs, int(seed)+1)
				return
			}
		}
		t.Errorf("not noticed in %d schedules", mutantSeeds)
	})
}

func (c *catcher) String() string {
	if len(c.runs) == 0 {
		return "none"
	}
	slices.Sort(c.runs)
	return fmt.Sprintf("%d mutants after %d schedules in the median, %d at most",
		len(c.runs), c.runs[len(c.runs)/2], c.runs[len(c.runs)-1])
}
