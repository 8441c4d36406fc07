package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/examples/exampletest"
	"github.com/parlor-sse/parlor/persistence"
)

var kind = actors.Kind{Name: "chat", New: func() any { return Chat{} }}

func TestPublish(t *testing.T) {
	rooms := exampletest.OpenRooms(t, kind)
	long := strings.Repeat("é", 500)
	for n, tc := range []struct{ body, from, message string }{
		{`{"from":"ada","message":"Hello"}`, "ada", "Hello"},
		{`{"from":"ada","message":"  \t Hello again \n"}`, "ada", "Hello again"},
		{`{"from":"Ada.L@home:1~2_3-4","message":"<b>&\u2028\u0000"}`, "Ada.L@home:1~2_3-4", "<b>&\u2028\u0000"},
		{`{"from":"ada","message":" ` + long + ` "}`, "ada", long},
		{`{"from":"ada","message":"yes","n":77,"timestamp":"1999-12-31T23:59:59.000Z","more":[1]}`, "ada", "yes"},
	} {
		begin := time.Now().Add(-time.Second)
		receipt, err := rooms.Publish("lobby", "joined", tc.body)
		if err != nil {
			t.Errorf("%s: %v", tc.body, err)
			continue
		}
		var said Said
		if err := json.Unmarshal(receipt.Data, &said); err != nil {
			t.Errorf("%s became %s: %v", tc.body, receipt.Data, err)
		}
		when, err := time.Parse(time.RFC3339, said.Timestamp)
		if said.N != n+1 || said.From != tc.from || said.Message != tc.message || err != nil || when.Before(begin) {
			t.Errorf("%s became %s", tc.body, receipt.Data)
		}
		if want := fmt.Sprintf(`{"n":%d}`, n+1); string(receipt.Answer) != want {
			t.Errorf("%s is answered %s, want %s", tc.body, receipt.Answer, want)
		}
	}
	history, err := rooms.System.History(t.Context(), persistence.RoomKey{Kind: kind.Name, Name: "lobby"})
	if err != nil || len(history) != 5 {
		t.Fatalf("history of %d: %v", len(history), err)
	}
	for _, m := range history {
		if m.Event != "said" {
			t.Errorf("%s is told as %q", m.Data, m.Event)
		}
	}
}

func TestPublishRefuses(t *testing.T) {
	rooms := exampletest.OpenRooms(t, kind)
	for _, tc := range []struct{ body, code string }{
		{`{"from":"ada","message":"` + strings.Repeat("é", 501) + `"}`, "message_too_long"},
		{`{"from":"ada","message":""}`, "empty_message"},
		{`{"from":"ada","message":" \n\t\u00a0"}`, "empty_message"},
		{`{"from":"ada"}`, "empty_message"},
		{`{"message":"Who am I?"}`, "invalid_name"},
		{`{"from":"","message":"Hello"}`, "invalid_name"},
		{`{"from":"Ada Lovelace","message":"Hello"}`, "invalid_name"},
		{`{"from":"` + strings.Repeat("a", 129) + `","message":"Hello"}`, "invalid_name"},
		{`{"from":"ada","message":5}`, "invalid_message"},
		{`{"from":["ada"],"message":"Hello"}`, "invalid_message"},
	} {
		_, err := rooms.Publish("lobby", "", tc.body)
		wantRefusal(t, tc.body, err, http.StatusUnprocessableEntity, tc.code)
	}
	whisper := actors.Publication{
		Room: persistence.RoomKey{Kind: kind.Name, Name: "lobby"}, Client: "bob", Body: []byte(`{"from":"ada","message":"Psst"}`),
	}
	_, err := rooms.System.Publish(t.Context(), whisper)
	wantRefusal(t, "a whisper", err, http.StatusUnprocessableEntity, "no_whispers")
	if got := messages(t, rooms); len(got) != 0 {
		t.Errorf("what was refused is kept: %+v", got)
	}
}

func wantRefusal(t *testing.T, what string, err error, status int, code string) {
	t.Helper()
	var refusal *actors.Refusal
	if !errors.As(err, &refusal) || refusal.Status != status || refusal.Code != code {
		t.Errorf("%s: %v, want %d %s", what, err, status, code)
	}
}

// TestKeeps says more than a room keeps.
func TestKeeps(t *testing.T) {
	rooms := exampletest.OpenRooms(t, kind)
	for n := 1; n <= keeps+7; n++ {
		if _, err := rooms.Publish("lobby", "", fmt.Sprintf(`{"from":"ada","message":"number %d"}`, n)); err != nil {
			t.Fatal(err)
		}
	}
	got := messages(t, rooms)
	if len(got) != keeps {
		t.Fatalf("%d are kept, want %d", len(got), keeps)
	}
	for i, m := range got {
		if n := 8 + i; m.N != n || m.Message != fmt.Sprintf("number %d", n) || m.From != "ada" {
			t.Errorf("place %d holds %+v", i, m)
		}
	}
}

func messages(t *testing.T, rooms *exampletest.Rooms) []Said {
	t.Helper()
	reply, err := rooms.Call("lobby", http.MethodGet, "/messages")
	if err != nil {
		t.Fatal(err)
	}
	var kept struct{ Messages []Said }
	if err := json.Unmarshal(reply.Body, &kept); err != nil || kept.Messages == nil {
		t.Fatalf("%s: %v", reply.Body, err)
	}
	return kept.Messages
}

func TestFetch(t *testing.T) {
	rooms := exampletest.OpenRooms(t, kind)
	reply, err := rooms.Call("lobby", http.MethodGet, "/people")
	if err != nil || string(reply.Body) != `{"people":[],"count":0,"guests":0}`+"\n" {
		t.Errorf("an empty room: %s, %v", reply.Body, err)
	}
	for _, target := range []string{"/", "/people/ada", "/messages/1"} {
		_, err := rooms.Call("lobby", http.MethodGet, target)
		wantRefusal(t, target, err, http.StatusNotFound, "not_found")
	}
	_, err = rooms.Call("lobby", http.MethodPost, "/messages")
	wantRefusal(t, "POST", err, http.StatusNotFound, "not_found")
}
