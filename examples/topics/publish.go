package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"
)

// maxText bounds a title and the text of a message, in characters.
const maxText = 1000

const badText = "1 to 1000 characters"

// fits reports whether a text may be sent.
func fits(text string) bool {
	return strings.TrimSpace(text) != "" && utf8.RuneCountInString(text) <= maxText
}

// createEvent tells those who have subscribed to the topic events of a new one,
// and answers with what the request says of it, and its id. To keep it would be a
// database's affair.
func (a *api) createEvent(w http.ResponseWriter, r *http.Request, _ user) {
	const complaint = "Send title, a text, and perhaps date, a text or a number"
	var event map[string]json.RawMessage
	if !read(w, r, &event, complaint) {
		return
	}
	var title string
	if json.Unmarshal(event["title"], &title) != nil || !validDate(event["date"]) {
		fail(w, http.StatusBadRequest, complaint)
		return
	}
	if !fits(title) {
		fail(w, http.StatusBadRequest, "The title has to have "+badText)
		return
	}
	id := newID()
	event["_id"] = toJSON(id)
	_, err := a.service.BroadcastToTopic(r.Context(), "events", "newEvent", struct {
		EventID string          `json:"eventId"`
		Title   string          `json:"title"`
		Date    json.RawMessage `json:"date,omitempty"`
	}{id, title, event["date"]})
	answer(w, err, struct {
		Success bool                       `json:"success"`
		Event   map[string]json.RawMessage `json:"event"`
	}{true, event})
}

// validDate reports whether an event may have a date, which is a text, a number of
// milliseconds, null, or missing.
func validDate(raw json.RawMessage) bool {
	if raw == nil {
		return true
	}
	var date any
	if json.Unmarshal(raw, &date) != nil {
		return false
	}
	switch date := date.(type) {
	case string:
		return utf8.RuneCountInString(date) <= maxText
	case float64, nil:
		return true
	}
	return false
}

// newID returns the id of something new: 24 hexadecimal digits.
func newID() string {
	var id [12]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// delivered is the answer to those who send something.
type delivered struct {
	Success bool `json:"success"`
	Clients int  `json:"clients"` // to whom it was sent
}

// announce sends something to everybody.
func (a *api) announce(w http.ResponseWriter, r *http.Request, _ user) {
	var announcement struct {
		Message string `json:"message"`
	}
	if !read(w, r, &announcement, "Send message, a text") {
		return
	}
	if !fits(announcement.Message) {
		fail(w, http.StatusBadRequest, "The message has to have "+badText)
		return
	}
	n, err := a.service.Broadcast(r.Context(), "announcement", announcement)
	answer(w, err, delivered{true, n})
}

// notification is what one user is told.
type notification struct {
	Text     string `json:"text"`
	Priority string `json:"priority"` // "low", "normal" or "high"
}

// notify sends something to one user.
func (a *api) notify(w http.ResponseWriter, r *http.Request, _ user) {
	var body struct {
		UserID string `json:"userId"`
		notification
	}
	if !read(w, r, &body, "Send userId, text and perhaps priority, all of them texts") {
		return
	}
	if body.Priority == "" {
		body.Priority = "normal"
	}
	switch {
	case !validUserID(body.UserID):
		fail(w, http.StatusBadRequest, "userId has to name a user")
		return
	case !fits(body.Text):
		fail(w, http.StatusBadRequest, "The text has to have "+badText)
		return
	case body.Priority != "low" && body.Priority != "normal" && body.Priority != "high":
		fail(w, http.StatusBadRequest, "priority is low, normal or high")
		return
	}
	n, err := a.service.SendToUser(r.Context(), body.UserID, "notification", body.notification)
	answer(w, err, delivered{true, n})
}

// stats answers with the service's statistics as they are.
func (a *api) stats(w http.ResponseWriter, r *http.Request, _ user) {
	stats, err := a.service.GetStats(r.Context())
	answer(w, err, stats)
}
