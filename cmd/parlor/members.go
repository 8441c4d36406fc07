package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

// ringAnswer is what GET /members says. What an older server leaves out is nil,
// and nothing is said of it.
type ringAnswer struct {
	actors.RingInfo
	Quorate  *bool                `json:"quorate"`
	Handover *actors.HandoverInfo `json:"handover"`
	Members  []memberAnswer       `json:"members"`
}

// memberAnswer is what GET /members says of one server.
type memberAnswer struct {
	actors.MemberInfo
	Handover *bool `json:"handover"`
}

func runMembers(ctx context.Context, args []string, p process) error {
	fs := cli.NewFlagSet("parlor members", "[FLAGS]", "Lists the servers of the ring that a server belongs to.")
	c, asJSON, err := openToList(fs, "print the server's answer", args, p)
	if err != nil {
		return err
	}
	defer c.Close()
	var answer json.RawMessage
	if err := c.getJSON(ctx, "/members", nil, &answer); err != nil {
		return err
	}
	if asJSON {
		_, err := fmt.Fprintln(p.stdout, printable(strings.TrimSpace(string(answer))))
		return err
	}
	var ring ringAnswer
	if err := json.Unmarshal(answer, &ring); err != nil {
		return fmt.Errorf("answer of GET /members: %w", err)
	}
	return printRing(p.stdout, ring)
}

// printRing prints a line about the ring and one for each member.
func printRing(w io.Writer, ring ringAnswer) error {
	fmt.Fprintln(w, ring.summary())
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "NAME\tADDRESS\tHTTP\tROLES\tSTATE\tVOTE\tLIFE\tHANDOVER\t")
	for _, m := range ring.Members {
		self := ""
		if m.Self {
			self = "asked"
		}
		columns := []string{m.Name, m.Address, m.HTTP, strings.Join(m.Roles, ","), m.State, m.vote(), m.life(), m.handover(ring)}
		for _, c := range columns {
			fmt.Fprintf(tw, "%s\t", printable(orDash(c)))
		}
		fmt.Fprintln(tw, self)
	}
	return tw.Flush()
}

// summary says in a line what the ring is and what is not as it should be.
func (r ringAnswer) summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "ring %d", r.Version)
	if r.Cluster != "" {
		fmt.Fprintf(&b, " of cluster %s", printable(r.Cluster))
	}
	fmt.Fprintf(&b, ", leader %s, members %d", printable(orDash(r.Leader)), len(r.Members))
	if r.Rings > 1 {
		fmt.Fprintf(&b, ", older rings not handed over yet %d", r.Rings-1)
	}
	if r.Quorate != nil && !*r.Quorate {
		b.WriteString(", no majority in contact")
	}
	return b.String()
}

// vote says what part the member has in the agreement on the ring.
func (m memberAnswer) vote() string {
	switch {
	case m.Leader:
		return "leader"
	case m.Voter:
		return "voter"
	}
	return ""
}

// life names the member's store: another life is another disk, or one that may
// have lost something.
func (m memberAnswer) life() string {
	if m.Life == 0 {
		return ""
	}
	return strconv.FormatUint(m.Life, 10)
}

// handover says whether rooms are still moving to or from the member. How many
// they are a server knows of itself only.
func (m memberAnswer) handover(ring ringAnswer) string {
	switch {
	case m.Handover == nil:
		return ""
	case *m.Handover:
		return "done"
	case m.Self && ring.Handover != nil:
		return "pending " + strconv.Itoa(ring.Handover.Pending)
	}
	return "pending"
}
