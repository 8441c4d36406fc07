package run

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
)

// exitDamaged is the exit code of a look at a store that has damaged rooms: what
// it printed counts all the same.
const exitDamaged = 1

// maxRoomLine bounds what is printed of one room, in bytes.
const maxRoomLine = 4 << 20

// inspected is a room as parlor inspect prints it. The line of the store itself,
// which comes last, is of no room.
type inspected struct {
	Room    string
	ID      string
	Damaged bool
	Lineage []struct{ Epoch uint64 }
	History []struct{ ID, SHA256 string }
	Fence   struct{ Accepted uint64 }
}

// Copies returns what the node's disk holds of the given rooms. It must not be
// running.
func (n *Node) Copies(ctx context.Context, rooms []string) ([]history.Copy, error) {
	cmd := exec.CommandContext(ctx, n.cfg.Binary, "inspect", "--json", n.Data)
	cmd.Env = environment()
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (len(out) == 0 || !errors.As(err, &exit) || exit.ExitCode() != exitDamaged) {
		return nil, fmt.Errorf("look at the disk of %s: %w: %s", n.Name, err, bytes.TrimSpace(said.Bytes()))
	}
	copies, err := n.readCopies(out, rooms)
	if err != nil {
		return nil, fmt.Errorf("look at the disk of %s: %w", n.Name, err)
	}
	return copies, nil
}

func (n *Node) readCopies(out []byte, rooms []string) ([]history.Copy, error) {
	var all []history.Copy
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, maxRoomLine)
	for lines.Scan() {
		var of struct{ Room string }
		if err := json.Unmarshal(lines.Bytes(), &of); err != nil {
			return nil, fmt.Errorf("read what it says: %w", err)
		}
		if !slices.Contains(rooms, of.Room) {
			continue
		}
		var room inspected
		if err := json.Unmarshal(lines.Bytes(), &room); err != nil {
			return nil, fmt.Errorf("read what it says of %s: %w", of.Room, err)
		}
		c := history.Copy{Node: n.Name, Room: room.Room, Last: room.ID, Damaged: room.Damaged, Accepted: room.Fence.Accepted}
		for _, span := range room.Lineage {
			c.Epochs = append(c.Epochs, span.Epoch)
		}
		for _, m := range room.History {
			c.Messages = append(c.Messages, history.Kept{ID: m.ID, SHA: m.SHA256})
		}
		all = append(all, c)
	}
	return all, lines.Err()
}
