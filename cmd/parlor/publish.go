package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

// maxLine bounds a message read from standard input, in bytes. Servers take
// less; they say how much.
const maxLine = 1 << 20

const publishAbout = `Sends MESSAGE to ROOM and prints the id that it was given. A message that is a
JSON object is sent as it is, any other text as {"message": TEXT}. Without
MESSAGE, or if it is -, each line of standard input is a message.

A message that the server can't take just now is sent again until --timeout,
under the same Idempotency-Key, so that it is delivered once however often it
was sent. The first message that is refused ends the program with exit code 1.`

// publishOptions are the flags of publish.
type publishOptions struct {
	room    string
	event   string
	client  string
	key     string
	timeout time.Duration
	json    bool
}

func runPublish(ctx context.Context, args []string, p process) error {
	fs := cli.NewFlagSet("parlor publish", "[FLAGS] ROOM [MESSAGE|-]", publishAbout)
	var o publishOptions
	server := serverFlags(fs, p)
	fs.StringVar(&o.event, "event", "", "`NAME` of the event (default: the server's, broadcast)")
	fs.StringVar(&o.client, "client", "", "`ID` of the only client that shall get the message, which the room does not keep then (default: all)")
	fs.StringVar(&o.key, "key", "", "Idempotency-`KEY`; with messages from standard input \"-1\" is added for the first, \"-2\" for the second and so on (default: a random one for each message)")
	fs.DurationVar(&o.timeout, "timeout", 10*time.Second, "`DURATION` for which one message is tried again")
	fs.BoolVar(&o.json, "json", false, "print the server's answers in place of ids, a line each")
	rest, err := fs.Parse(args, 1, 2, p.stdout)
	if err != nil {
		return err
	}
	if o.room = rest[0]; o.room == "" {
		return cli.Usagef("room: must not be empty")
	}
	if !validKey(o.key) {
		return cli.Usagef("key: must be at most %d visible ASCII characters", actors.MaxKeyLen)
	}
	if o.timeout <= 0 {
		return cli.Usagef("timeout: must be positive")
	}
	c, err := server.open()
	if err != nil {
		return err
	}
	defer c.Close()
	pub := &publisher{client: c, options: o, out: p.stdout, notes: p.stderr, pause: pause}
	if len(rest) == 2 && rest[1] != "-" {
		return pub.publish(ctx, messageBody([]byte(rest[1])), o.key)
	}
	return pub.publishLines(ctx, p.stdin)
}

// publishLines publishes every line of r that is not blank, in order.
func (p *publisher) publishLines(ctx context.Context, r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		key := p.options.key
		if key != "" {
			key += "-" + strconv.Itoa(n)
		}
		if err := p.publish(ctx, messageBody(line), key); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	return nil
}

// messageBody returns the JSON object to publish for a message.
func messageBody(message []byte) []byte {
	if trimmed := bytes.TrimSpace(message); len(trimmed) > 0 && trimmed[0] == '{' && json.Valid(trimmed) {
		return bytes.Clone(trimmed)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	// A struct of one string can't fail to encode.
	_ = enc.Encode(struct {
		Message string `json:"message"`
	}{string(message)})
	return bytes.TrimSpace(buf.Bytes())
}

// newKey returns an Idempotency-Key that nobody else has.
func newKey() string { return rand.Text() }

// validKey reports whether a key can be sent; "" stands for none.
func validKey(key string) bool {
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return len(key) <= actors.MaxKeyLen
}
