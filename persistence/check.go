package persistence

import (
	"errors"
	"fmt"
)

// Check reports a turn that is out of bounds, or that no room could have made.
func (t *Turn) Check() error {
	if len(t.Records) > MaxTurnRecords {
		return fmt.Errorf("turn of %d records", len(t.Records))
	}
	for i := range t.Records {
		r := &t.Records[i]
		if err := r.check(); err != nil {
			return err
		}
		if first := &t.Records[0]; r.Seq != first.Seq+uint64(i) || r.Epoch != first.Epoch {
			return fmt.Errorf("record %v is number %d of a turn from %v on", r.Position, i, first.Position)
		}
	}
	if t.Key != nil {
		if err := t.Key.check(); err != nil {
			return err
		}
	}
	if t.Change != nil {
		return t.Change.check()
	}
	return nil
}

// check reports a record of no message, or sizes out of bounds.
func (r *Record) check() error {
	switch {
	case r.Seq == 0 || r.Epoch == 0:
		return fmt.Errorf("record at %v", r.Position)
	case len(r.Event) > MaxEventBytes:
		return fmt.Errorf("event name of %d bytes", len(r.Event))
	case len(r.Data) > MaxDataBytes:
		return fmt.Errorf("data of %d bytes", len(r.Data))
	}
	return nil
}

// check reports a key that no turn can have left.
func (e *KeyEntry) check() error {
	switch {
	case e.Turn == 0:
		return errors.New("key of no turn")
	case len(e.Answer) > MaxAnswerBytes:
		return fmt.Errorf("key with an answer of %d bytes", len(e.Answer))
	}
	return nil
}

// check reports items out of bounds, in disorder, or both put and deleted.
func (c *Change) check() error {
	size := 0
	for i := range c.Puts {
		if err := c.Puts[i].check(); err != nil {
			return err
		}
		if i > 0 && c.Puts[i-1].Key >= c.Puts[i].Key {
			return errors.New("change puts items in disorder")
		}
		if size += c.Puts[i].size(); size > MaxChangeBytes {
			return errors.New("change of too many bytes")
		}
	}
	puts := c.Puts
	for i, key := range c.Deletes {
		if err := checkItemKey(key); err != nil {
			return err
		}
		if i > 0 && c.Deletes[i-1] >= key {
			return errors.New("change deletes items in disorder")
		}
		if size += len(key); size > MaxChangeBytes {
			return errors.New("change of too many bytes")
		}
		for len(puts) > 0 && puts[0].Key < key {
			puts = puts[1:]
		}
		if len(puts) > 0 && puts[0].Key == key {
			return errors.New("change both puts and deletes an item")
		}
	}
	if c.Alarm != nil {
		return c.Alarm.check()
	}
	return nil
}

// check reports sizes out of bounds.
func (it *Item) check() error {
	if len(it.Value) > MaxValueBytes {
		return fmt.Errorf("item with a value of %d bytes", len(it.Value))
	}
	return checkItemKey(it.Key)
}

func checkItemKey(key string) error {
	if len(key) == 0 || len(key) > MaxKeyBytes {
		return fmt.Errorf("item with a key of %d bytes", len(key))
	}
	return nil
}

// size is what the item counts in a storage, in bytes.
func (it *Item) size() int { return len(it.Key) + len(it.Value) }

// check reports an alarm before the beginning of time, or tries of none.
func (a *Alarm) check() error {
	if a.At < 0 || a.At == 0 && a.Retry != 0 {
		return fmt.Errorf("alarm %+v", *a)
	}
	return nil
}

// check reports a head that no turns could have left.
func (h *Head) check() error {
	if h.Turn == 0 {
		return errors.New("head of no turn")
	}
	if err := h.Alarm.check(); err != nil {
		return err
	}
	stored := h.Items > 0 || h.Alarm != Alarm{}
	switch {
	case !h.Uneven && (h.Turn != h.Last.Seq || stored):
		return fmt.Errorf("head of %d turns, each a message, at %v with %d items", h.Turn, h.Last, h.Items)
	case h.Bytes > MaxStorageBytes || h.Items > h.Bytes || h.Items == 0 && h.Bytes > 0:
		return fmt.Errorf("head with %d items of %d bytes", h.Items, h.Bytes)
	case h.Last.Seq == 0:
		if h.Last.Epoch != 0 || len(h.Lineage) > 0 {
			return fmt.Errorf("head without a message at %v under lineage %v", h.Last, h.Lineage)
		}
	case !h.Lineage.wellFormed() || !h.Lineage.Admits(h.Last):
		return fmt.Errorf("head at %v under lineage %v", h.Last, h.Lineage)
	}
	return nil
}
