package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/parlor-sse/parlor/actors/sse"
	"github.com/parlor-sse/parlor/cmd/proctest"
	"github.com/parlor-sse/parlor/cmd/proctest/nodetest"
)

const (
	ofChat = "?kind=chat"
	listen = "/connect?room=lobby&kind=chat" // as a guest
	speak  = "/broadcast?room=lobby&kind=chat"
)

func TestProgram(t *testing.T) {
	program := proctest.Build(t, ".")
	t.Run("one node", func(t *testing.T) { t.Parallel(); oneNode(t, program) })
	t.Run("three nodes", func(t *testing.T) { t.Parallel(); threeNodes(t, program) })
	t.Run("browser", func(t *testing.T) { t.Parallel(); browser(t, program) })
	t.Run("browser away", func(t *testing.T) { t.Parallel(); browserAway(t, program) })
}

// enter opens a stream under a name.
func enter(n *nodetest.Node, name string) *nodetest.Stream {
	return n.Open(listen + "&client=" + name + "&replay=0")
}

// news returns what events say of who came and went, such as "joined ada".
func news(t *testing.T, events []sse.Event) []string {
	t.Helper()
	var lines []string
	for _, e := range events {
		if e.Name != "joined" && e.Name != "left" {
			continue
		}
		var who Person
		if err := json.Unmarshal(e.Data, &who); err != nil {
			t.Fatalf("%s %s: %v", e.Name, e.Data, err)
		}
		lines = append(lines, e.Name+" "+who.Name)
	}
	return lines
}

// untilNews waits until the stream has told exactly so many comings and goings,
// and wants the last of them to be these, in any order.
func untilNews(t *testing.T, s *nodetest.Stream, count int, last ...string) {
	t.Helper()
	got := news(t, s.Wait(count, "joined", "left"))
	if len(got) != count {
		t.Fatalf("the room tells %q, want %d", got, count)
	}
	tail := slices.Sorted(slices.Values(got[count-len(last):]))
	if slices.Sort(last); !slices.Equal(tail, last) {
		t.Fatalf("the room tells %q, want the last to be %q", got, last)
	}
}

// untilPeople waits until these are in the room, as the node says.
func untilPeople(t *testing.T, n *nodetest.Node, guests int, names ...string) {
	t.Helper()
	proctest.Eventually(t, fmt.Sprintf("%q are in the room", names), func() error {
		var p Presence
		n.Get("/rooms/lobby/fetch/people"+ofChat, &p)
		if !slices.Equal(p.People, names) || p.Count != len(names) || p.Guests != guests {
			return fmt.Errorf("%s says %+v", n.Name, p)
		}
		return nil
	})
}

// oneNode has people come, talk and go, and the program be killed meanwhile.
func oneNode(t *testing.T, program string) {
	n := nodetest.Start(t, program)
	guest := n.Open(listen)
	ada := enter(n, "ada")
	untilNews(t, guest, 1, "joined ada")
	var p Presence
	if data := ada.Wait(1, "people")[0].Data; json.Unmarshal(data, &p) != nil || !slices.Equal(p.People, []string{"ada"}) || p.Guests != 1 {
		t.Errorf("who joins is told %s", data)
	}
	second := enter(n, "ada")
	second.Wait(1, "people")
	enter(n, "bob")
	untilNews(t, guest, 2, "joined bob") // and nothing of the second ada
	untilPeople(t, n, 1, "ada", "bob")

	var receipt struct{ Answer struct{ N int } }
	if n.Post(speak, `{"from":"ada","message":" Hello "}`, &receipt); receipt.Answer.N != 1 {
		t.Errorf("the first message is number %d", receipt.Answer.N)
	}
	var said Said
	if data := guest.Wait(1, "said")[0].Data; json.Unmarshal(data, &said) != nil || said.N != 1 || said.From != "ada" || said.Message != "Hello" {
		t.Errorf("listeners hear %s", data)
	}
	if a, err := n.Ask(http.MethodPost, speak, "", `{"from":"ada","message":" "}`); err != nil || a.Status != http.StatusUnprocessableEntity || a.Code() != "empty_message" {
		t.Errorf("an empty message: %v, %v", a, err)
	}
	ada.Close()
	enter(n, "carol")
	untilNews(t, guest, 3, "joined carol")
	second.Close()
	untilNews(t, guest, 4, "left ada")

	n.Kill()
	n.Run()
	again := enter(n, "bob") // who was there without a break, as far as he is concerned
	untilPeople(t, n, 0, "bob")
	again.Wait(1, "people")
	var kept struct{ Messages []Said }
	if n.Get("/rooms/lobby/fetch/messages"+ofChat, &kept); !slices.Equal(kept.Messages, []Said{said}) {
		t.Errorf("the room keeps %+v", kept)
	}
}
