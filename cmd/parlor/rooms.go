package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"text/tabwriter"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

func runRooms(ctx context.Context, args []string, p process) error {
	fs := cli.NewFlagSet("parlor rooms", "[FLAGS]", "Lists the rooms that are awake at a server.")
	c, asLines, err := openToList(fs, "print each room as a line of JSON", args, p)
	if err != nil {
		return err
	}
	defer c.Close()
	if asLines {
		return eachRoom(ctx, c, func(room json.RawMessage) error {
			_, err := fmt.Fprintln(p.stdout, printable(string(room)))
			return err
		})
	}
	tw := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "ROOM\tKIND\tNEWEST\tKEPT\tSTREAMS\tOWNER")
	err = eachRoom(ctx, c, func(room json.RawMessage) error {
		var info actors.RoomInfo
		if err := json.Unmarshal(room, &info); err != nil {
			return fmt.Errorf("answer of GET /rooms: %w", err)
		}
		_, err := fmt.Fprintf(tw, "%s\t%s\t%s\t%d\t%d\t%s\n", printable(info.Room), printable(info.Kind),
			printable(orDash(info.ID)), info.History, info.ConnectionCount, printable(orDash(info.Owner)))
		return err
	})
	if err != nil {
		return err
	}
	return tw.Flush()
}

// eachRoom calls yield for each room awake at the server, over all pages,
// until yield returns an error.
func eachRoom(ctx context.Context, c *client, yield func(json.RawMessage) error) error {
	after := ""
	for {
		query := url.Values{"limit": {"1000"}}
		if after != "" {
			query.Set("after", after)
		}
		var page struct {
			Rooms []json.RawMessage `json:"rooms"`
			Next  string            `json:"next"`
		}
		if err := c.getJSON(ctx, "/rooms", query, &page); err != nil {
			return err
		}
		for _, room := range page.Rooms {
			if err := yield(room); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		// Pages go by name, so a server whose pages do not advance would keep us
		// here for ever.
		if page.Next <= after {
			return fmt.Errorf("answer of GET /rooms: the page after %q goes on from %q", after, printable(page.Next))
		}
		after = page.Next
	}
}
