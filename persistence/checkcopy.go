package persistence

import (
	"errors"
	"fmt"
)

// check reports a copy whose parts contradict each other.
func (c *Copy) check() error {
	if c.Turn == 0 {
		if !c.empty() {
			return errors.New("copy without a turn is not empty")
		}
		return nil
	}
	if err := c.Head.check(); err != nil {
		return err
	}
	if err := c.checkHistory(); err != nil {
		return err
	}
	if err := c.checkKeys(); err != nil {
		return err
	}
	return c.checkStorage()
}

// empty reports whether a copy without a turn holds nothing else either.
func (c *Copy) empty() bool {
	return !c.Uneven && c.Last == Position{} && c.Alarm == Alarm{} && c.Items == 0 && c.Bytes == 0 &&
		len(c.Lineage)+len(c.History)+len(c.Keys)+c.Storage.Len() == 0
}

// checkHistory reports records that are not the newest of the copy's order.
func (c *Copy) checkHistory() error {
	n := len(c.History)
	if (n == 0) != (c.Last.Seq == 0) || n > 0 && c.History[n-1].Position != c.Last {
		return fmt.Errorf("copy up to %v lacks its newest record", c.Last)
	}
	for i := range c.History {
		r := &c.History[i]
		if r.Seq != c.Last.Seq-uint64(n-1-i) || i > 0 && r.Epoch < c.History[i-1].Epoch {
			return fmt.Errorf("copy up to %v has %v as number %d of %d", c.Last, r.Position, i, n)
		}
		if err := r.check(); err != nil {
			return err
		}
		if !c.Lineage.Admits(r.Position) {
			return fmt.Errorf("record %v under lineage %v", r.Position, c.Lineage)
		}
	}
	return nil
}

// checkKeys reports a key of no turn that the copy may hold, or two in one slot.
func (c *Copy) checkKeys() error {
	slots := make(map[uint32]struct{}, len(c.Keys))
	for i := range c.Keys {
		e := &c.Keys[i]
		if err := e.check(); err != nil {
			return err
		}
		if !c.covers(e) {
			return fmt.Errorf("copy of %d turns up to %v has a key of turn %d at %v", c.Turn, c.Last, e.Turn, e.At)
		}
		slots[e.Slot] = struct{}{}
	}
	if len(slots) < len(c.Keys) {
		return fmt.Errorf("copy with %d keys in %d slots", len(c.Keys), len(slots))
	}
	return nil
}

// checkStorage reports items out of bounds, or others than the head tells of.
func (c *Copy) checkStorage() error {
	if c.Items != uint64(c.Storage.Len()) || c.Bytes != uint64(c.Storage.Bytes()) {
		return fmt.Errorf("copy with %d items of %d bytes under a head with %d of %d",
			c.Storage.Len(), c.Storage.Bytes(), c.Items, c.Bytes)
	}
	var err error
	c.Storage.Ascend("", func(it Item) bool {
		err = it.check()
		return err == nil
	})
	return err
}
