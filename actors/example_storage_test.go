package actors_test

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/persistence"
)

// ledger is a behaviour that does what an example asks for: each is one call of a
// room, and all that it changes is one commit.
type ledger func(ctx *actors.Context) error

// Fetch implements actors.Fetcher.
func (do ledger) Fetch(ctx *actors.Context, _ http.ResponseWriter, _ *http.Request) error {
	return do(ctx)
}

// inRoom does something in a room and prints what went wrong.
func inRoom(do ledger) {
	sys := openLocal(actors.Kind{Name: "ledger", New: func() any { return do }})
	defer sys.Close()
	if complaint := sys.post(persistence.RoomKey{Kind: "ledger", Name: "a"}, "/", ""); complaint != "" {
		fmt.Println(complaint)
	}
}

func ExampleStorage() {
	inRoom(func(ctx *actors.Context) error {
		store := ctx.Storage()
		if err := store.Put("greeting", []byte("Hello")); err != nil {
			return err
		}
		if err := store.PutJSON("settings", map[string]bool{"loud": true}); err != nil {
			return err
		}
		greeting, ok := store.Get("greeting")
		fmt.Println(string(greeting), ok)

		var settings struct{ Loud bool }
		ok, err := store.GetJSON("settings", &settings)
		fmt.Println(settings.Loud, ok, err)

		n, err := store.Delete("greeting", "nothing")
		fmt.Println(n, err)
		_, ok = store.Get("greeting")
		fmt.Println(ok)
		return nil
	})
	// Output:
	// Hello true
	// true true <nil>
	// 1 <nil>
	// false
}

func ExampleStorage_List() {
	inRoom(func(ctx *actors.Context) error {
		store := ctx.Storage()
		if err := store.PutAll(map[string][]byte{
			"user:ann": []byte("1"), "user:bob": []byte("2"), "user:cid": []byte("3"), "topic:tea": nil,
		}); err != nil {
			return err
		}
		show := func(o actors.ListOptions) {
			items, err := store.List(o)
			for _, it := range items {
				fmt.Printf("%s=%s ", it.Key, it.Value)
			}
			fmt.Println(err)
		}
		show(actors.ListOptions{Prefix: "user:"})
		show(actors.ListOptions{Prefix: "user:", Limit: 2})
		show(actors.ListOptions{Prefix: "user:", StartAfter: "user:bob"}) // the next page
		show(actors.ListOptions{Start: "topic:tea", End: "user:bob", Reverse: true})
		return nil
	})
	// Output:
	// user:ann=1 user:bob=2 user:cid=3 <nil>
	// user:ann=1 user:bob=2 <nil>
	// user:cid=3 <nil>
	// user:ann=1 topic:tea= <nil>
}

func ExampleStorage_Transaction() {
	inRoom(func(ctx *actors.Context) error {
		store := ctx.Storage()
		if err := errors.Join(store.PutJSON("ann", 10), store.PutJSON("bob", 0)); err != nil {
			return err
		}
		transfer := func(amount int) error {
			return store.Transaction(func(tx *actors.Storage) error {
				var ann, bob int
				if _, err := tx.GetJSON("ann", &ann); err != nil {
					return err
				}
				if _, err := tx.GetJSON("bob", &bob); err != nil {
					return err
				}
				if err := tx.PutJSON("bob", bob+amount); err != nil {
					return err
				}
				if ann < amount {
					return errors.New("ann has too little") // what bob got is taken back
				}
				return tx.PutJSON("ann", ann-amount)
			})
		}
		fmt.Println(transfer(7), transfer(7))
		ann, _ := store.Get("ann")
		bob, _ := store.Get("bob")
		fmt.Println(string(ann), string(bob))
		return nil
	})
	// Output:
	// <nil> ann has too little
	// 3 7
}

// Whoever calls the room gets the refusal, wherever he is; other errors are his
// no more than that something failed.
func ExampleRefuse() {
	inRoom(func(ctx *actors.Context) error {
		return actors.Refuse(http.StatusForbidden, "members_only", "Only members may do that.")
	})
	inRoom(func(ctx *actors.Context) error {
		return errors.New("the password is 1234")
	})
	// Output:
	// refused: members_only (403)
	// the room's code failed
}

func ExampleContext_Broadcast() {
	sys := openLocal(actors.Kind{Name: "ledger", New: func() any {
		return ledger(func(ctx *actors.Context) error {
			return errors.Join(
				ctx.Broadcast("news", map[string]string{"headline": "Rain"}), // has an id, and is kept
				ctx.Send("hint", "Take an umbrella."),                        // is not
				ctx.SendTo("bob", "hint", "Take two."),                       // is Bob's alone
			)
		})
	}})
	defer sys.Close()

	room := persistence.RoomKey{Kind: "ledger", Name: "a"}
	events, stream := sys.listen(room, "ann")
	defer stream.Close()
	sys.post(room, "/", "")
	fmt.Println(next(events))
	fmt.Println(next(events))
	// Output:
	// news {"headline":"Rain"}
	// hint "Take an umbrella."
}
