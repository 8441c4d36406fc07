package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/persistence"
)

// gapData is what event gap says.
type gapData struct {
	Room   string
	From   string
	To     string
	Lost   uint64
	Reason string
}

// gap wants event gap next, with a count that fits.
func (st *stream) gap(reason string) gapData {
	st.t.Helper()
	e := st.message()
	g, err := readGap(e)
	if err != nil || g.Reason != reason {
		st.t.Fatalf("got %s %s %s, want a gap: %v", e.ID, e.Name, e.Data, err)
	}
	return g
}

// readGap decodes event gap and checks that it agrees with itself.
func readGap(e sse.Event) (gapData, error) {
	var g gapData
	if e.Name != "gap" {
		return g, fmt.Errorf("event %q is no gap", e.Name)
	}
	if err := json.Unmarshal(e.Data, &g); err != nil {
		return g, err
	}
	from, err1 := persistence.ParsePosition(g.From)
	to, err2 := persistence.ParsePosition(g.To)
	if err := errors.Join(err1, err2); err != nil {
		return g, err
	}
	if to.Seq < from.Seq || g.Lost != to.Seq-from.Seq+1 {
		return g, fmt.Errorf("gap %+v does not add up", g)
	}
	return g, nil
}

// chain follows the messages of one room on one connection: each id is the one
// before it plus one, unless a gap says what is missing.
type chain struct {
	last persistence.Position
	gaps int
	lost uint64
}

// take notes the next message.
func (c *chain) take(e sse.Event) error {
	if e.Name == "gap" {
		return c.takeGap(e)
	}
	at, err := persistence.ParsePosition(e.ID)
	if err != nil {
		return fmt.Errorf("%s %q %s: %w", e.Name, e.ID, e.Data, err)
	}
	if at.Seq != c.last.Seq+1 || at.Epoch < c.last.Epoch {
		return fmt.Errorf("%v came after %v", at, c.last)
	}
	c.last = at
	return nil
}

func (c *chain) takeGap(e sse.Event) error {
	g, err := readGap(e)
	if err != nil {
		return err
	}
	from, _ := persistence.ParsePosition(g.From) // readGap has parsed both
	to, _ := persistence.ParsePosition(g.To)
	if from.Seq != c.last.Seq+1 || e.ID != g.To {
		return fmt.Errorf("%+v, with id %q, came after %v", g, e.ID, c.last)
	}
	c.last, c.gaps, c.lost = to, c.gaps+1, c.lost+g.Lost
	return nil
}
