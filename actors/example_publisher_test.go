package actors_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// chat is a room with manners: it wants messages to say something, counts them,
// and keeps quiet about some.
type chat struct{}

// Publish implements actors.Publisher.
func (chat) Publish(ctx *actors.Context, m *actors.Message) error {
	var said struct {
		Text string `json:"text"`
		N    int    `json:"n"`
	}
	if err := json.Unmarshal(m.Data, &said); err != nil || said.Text == "" {
		return actors.Refuse(http.StatusBadRequest, "no_text", "A message has a text.")
	}
	if strings.HasPrefix(said.Text, "/time") { // an answer for whoever asked alone
		m.Answer, m.Drop = "It is late.", true
		return nil
	}
	if _, err := ctx.Storage().GetJSON("n", &said.N); err != nil {
		return err
	}
	said.N++
	data, err := json.Marshal(said)
	m.Event, m.Data = "said", data
	return errors.Join(err, ctx.Storage().PutJSON("n", said.N))
}

// A publisher alters, answers, drops or refuses messages before anybody sees
// them.
func ExamplePublisher() {
	sys := openLocal(actors.Kind{Name: "chat", New: func() any { return chat{} }})
	defer sys.Close()

	room := persistence.RoomKey{Kind: "chat", Name: "lobby"}
	events, stream := sys.listen(room, "")
	defer stream.Close()
	for _, body := range []string{`{"text":"Hello"}`, `{"text":""}`, `{"text":"/time"}`, `{"text":"Bye"}`} {
		receipt, err := sys.Publish(context.Background(), actors.Publication{Room: room, Body: []byte(body)})
		var no *actors.Refusal
		switch {
		case errors.As(err, &no):
			fmt.Println(no.Status, no.Code, no.Message)
		case err != nil:
			fmt.Println(err)
		case receipt.Dropped:
			fmt.Println("answer", string(receipt.Answer))
		default:
			fmt.Println(next(events))
		}
	}
	// Output:
	// said {"text":"Hello","n":1}
	// 400 no_text A message has a text.
	// answer "It is late."
	// said {"text":"Bye","n":2}
}
