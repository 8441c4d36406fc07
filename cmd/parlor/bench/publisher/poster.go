package publisher

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/ssecheck"
)

// answerTimeout bounds one POST, answer included.
const answerTimeout = 15 * time.Second

// maxAnswer bounds the body of an answer, in bytes.
const maxAnswer = 1 << 20

// poster is one keep-alive connection. It reads just enough HTTP for the
// answers of the servers measured: net/http would take as much processor time
// as they do, on the same machine.
type poster struct {
	addr string
	conn net.Conn // nil when not connected
	in   *bufio.Reader
	body []byte
}

// refusal is an answer other than 2xx.
type refusal struct {
	status int
	body   string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("answered %d: %s", r.status, r.body)
}

// errAnswer says that an answer is not HTTP as poster reads it.
var errAnswer = errors.New("unexpected answer")

// dial connects, unless it is connected.
func (p *poster) dial() error {
	if p.conn != nil {
		return nil
	}
	conn, err := net.DialTimeout("tcp", p.addr, answerTimeout)
	if err != nil {
		return err
	}
	p.conn = conn
	if p.in == nil {
		p.in = bufio.NewReaderSize(conn, 4096)
	} else {
		p.in.Reset(conn)
	}
	return nil
}

// close cuts the connection.
func (p *poster) close() {
	if p.conn != nil {
		p.conn.Close()
		p.conn = nil
	}
}

// send writes one request and reads its answer. The id is zero if the answer
// tells none. After an error that is not a refusal, whether the message was
// accepted is unknown and the connection is cut.
func (p *poster) send(request []byte) (ssecheck.Position, error) {
	if err := p.dial(); err != nil {
		return ssecheck.Position{}, err
	}
	status, keep, err := p.exchange(request)
	if err != nil || !keep {
		p.close()
	}
	if err != nil {
		return ssecheck.Position{}, err
	}
	if status < 200 || status > 299 {
		return ssecheck.Position{}, &refusal{status: status, body: string(p.body[:min(len(p.body), 200)])}
	}
	return answeredID(p.body), nil
}

// exchange leaves the answer's body in p.body; keep says whether the connection
// can be used again.
func (p *poster) exchange(request []byte) (status int, keep bool, err error) {
	if err := p.conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return 0, false, err
	}
	if _, err := p.conn.Write(request); err != nil {
		return 0, false, err
	}
	line, err := p.in.ReadSlice('\n')
	if err != nil {
		return 0, false, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return 0, false, fmt.Errorf("%w: %q", errAnswer, line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, false, fmt.Errorf("%w: %q", errAnswer, line)
	}
	length, keep, err := p.fields()
	if err != nil {
		return 0, false, err
	}
	if cap(p.body) < length {
		p.body = make([]byte, length)
	}
	p.body = p.body[:length]
	_, err = io.ReadFull(p.in, p.body)
	return status, keep, err
}

// fields reads the answer's header fields, of which two matter.
func (p *poster) fields() (length int, keep bool, err error) {
	length, keep = -1, true
	for {
		line, err := p.in.ReadSlice('\n')
		if err != nil {
			return 0, false, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte{':'})
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, false, fmt.Errorf("%w: length %q", errAnswer, value)
			}
		case bytes.EqualFold(name, []byte("Connection")):
			keep = !bytes.EqualFold(value, []byte("close"))
		}
	}
	if length < 0 || length > maxAnswer {
		return 0, false, fmt.Errorf("%w: length %d", errAnswer, length)
	}
	return length, keep, nil
}

// answeredID finds the member "id" of a JSON answer. The last one counts: an
// earlier one would be inside the message that the server repeats.
func answeredID(body []byte) ssecheck.Position {
	key := []byte(`"id":"`)
	at := bytes.LastIndex(body, key)
	if at < 0 {
		return ssecheck.Position{}
	}
	text, _, found := bytes.Cut(body[at+len(key):], []byte{'"'})
	if !found {
		return ssecheck.Position{}
	}
	id, _ := ssecheck.ParsePosition(text)
	return id
}
