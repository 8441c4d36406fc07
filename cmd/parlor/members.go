package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/parlor-sse/parlor/actors"
)

func runMembers(ctx context.Context, args []string, p process) error {
	fs := newFlagSet("members", "[FLAGS]", "Lists the servers of the ring that a server belongs to.")
	server := serverFlag(fs, p)
	asJSON := fs.Bool("json", false, "print the server's answer")
	if _, err := fs.parse(args, 0, 0, p.stdout); err != nil {
		return err
	}
	c, err := newClient(*server)
	if err != nil {
		return err
	}
	defer c.Close()
	var answer json.RawMessage
	if err := c.getJSON(ctx, "/members", nil, &answer); err != nil {
		return err
	}
	if *asJSON {
		_, err := fmt.Fprintln(p.stdout, printable(strings.TrimSpace(string(answer))))
		return err
	}
	var ring actors.RingInfo
	if err := json.Unmarshal(answer, &ring); err != nil {
		return fmt.Errorf("answer of GET /members: %w", err)
	}
	fmt.Fprintf(p.stdout, "ring %d, leader %s, members %d\n", ring.Version, printable(orDash(ring.Leader)), len(ring.Members))
	tw := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "NAME\tADDRESS\tROLES\tSTATE\t")
	for _, m := range ring.Members {
		self := ""
		if m.Self {
			self = "asked"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\n", printable(m.Name), printable(orDash(m.Address)),
			printable(orDash(strings.Join(m.Roles, ","))), printable(orDash(m.State)), self)
	}
	return tw.Flush()
}
