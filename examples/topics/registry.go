package main

import (
	"slices"
	"strconv"
	"time"

	"github.com/parlor-sse/parlor/actors"
)

// What the switchboard stores. The id of a user comes last in its key, because it
// may have a slash in it.
const (
	clientKey  = "client/"  // + user: a client
	topicKey   = "topic/"   // + topic + "/" + user: that the user has subscribed
	countKey   = "count/"   // + topic: how many subscribers have a stream
	waitingKey = "waiting/" // + user: until when, in ms, subscriptions wait for a stream
	clientsKey = "clients"  // how many users have a stream
)

// client is a user who has a stream, or whose subscriptions wait for one.
type client struct {
	Streams int      `json:"streams"` // two for the moment in which a new one replaces an old one
	Topics  []string `json:"topics"`  // sorted
	Until   int64    `json:"until"`   // for how long subscriptions wait for a stream, in ms
}

// registry keeps clients, topics and counts of them in a room's storage. All
// that one call changes is stored together, or not at all.
type registry struct{ storage *actors.Storage }

// client returns what is known of a user.
func (r registry) client(user string) (c client, err error) {
	_, err = r.storage.GetJSON(clientKey+user, &c)
	return c, err
}

// change alters what is known of a user and all that follows from it. A user
// without a stream is forgotten as soon as subscriptions wait for none.
func (r registry) change(user string, now time.Time, alter func(*client)) error {
	was, err := r.client(user)
	if err != nil {
		return err
	}
	is := client{Streams: was.Streams, Topics: slices.Clone(was.Topics), Until: was.Until}
	alter(&is)
	if is.Streams == 0 && (len(is.Topics) == 0 || is.Until <= now.UnixMilli()) {
		is = client{}
	}
	if err := r.index(user, was.Topics, is.Topics); err != nil {
		return err
	}
	if err := r.count(was, is); err != nil {
		return err
	}
	if err := r.wait(user, is); err != nil {
		return err
	}
	if is.Streams == 0 && len(is.Topics) == 0 {
		_, err = r.storage.Delete(clientKey + user)
		return err
	}
	return r.storage.PutJSON(clientKey+user, is)
}

// index stores under each topic who has subscribed to it.
func (r registry) index(user string, was, is []string) error {
	for _, topic := range without(is, was) {
		if err := r.storage.Put(topicKey+topic+"/"+user, nil); err != nil {
			return err
		}
	}
	for _, topic := range without(was, is) {
		if _, err := r.storage.Delete(topicKey + topic + "/" + user); err != nil {
			return err
		}
	}
	return nil
}

// count stores how many users have a stream, and how many of each topic do.
func (r registry) count(was, is client) error {
	if was.connected() != is.connected() {
		step := 1
		if was.connected() {
			step = -1
		}
		if err := r.add(clientsKey, step); err != nil {
			return err
		}
	}
	for _, topic := range without(is.counted(), was.counted()) {
		if err := r.add(countKey+topic, 1); err != nil {
			return err
		}
	}
	for _, topic := range without(was.counted(), is.counted()) {
		if err := r.add(countKey+topic, -1); err != nil {
			return err
		}
	}
	return nil
}

// add changes a count, which is not stored while it is 0.
func (r registry) add(key string, step int) error {
	n := 0
	if _, err := r.storage.GetJSON(key, &n); err != nil {
		return err
	}
	if n += step; n > 0 {
		return r.storage.PutJSON(key, n)
	}
	_, err := r.storage.Delete(key)
	return err
}

// wait stores until when a user's subscriptions wait for a stream.
func (r registry) wait(user string, is client) error {
	if is.connected() || len(is.Topics) == 0 {
		_, err := r.storage.Delete(waitingKey + user)
		return err
	}
	return r.storage.Put(waitingKey+user, strconv.AppendInt(nil, is.Until, 10))
}

func (c client) connected() bool { return c.Streams > 0 }

// counted returns the topics in whose counts the client is.
func (c client) counted() []string {
	if !c.connected() {
		return nil
	}
	return c.Topics
}

// without returns what of a sorted list is not in another.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		_, found := slices.BinarySearch(other, s)
		return found
	})
}
