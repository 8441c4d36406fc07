package history

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// maxLine bounds a line that is read back, in bytes. The longest are copies of
// rooms that keep a thousand messages.
const maxLine = 4 << 20

// ErrMalformed reports a line that is no part of a history.
var ErrMalformed = errors.New("malformed history")

// Recorder writes a history as it happens. Its methods may be called from any
// goroutine.
type Recorder struct {
	began time.Time // static; carries the monotonic clock

	mu   sync.Mutex
	file io.WriteCloser // guarded by mu
	out  *bufio.Writer  // guarded by mu
	err  error          // guarded by mu; the first that writing met
}

// Create makes the file of a new history, whose clock starts now.
func Create(path string) (*Recorder, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("create history: %w", err)
	}
	return NewRecorder(file), nil
}

// NewRecorder writes to w, which it closes in the end. Its clock starts now.
func NewRecorder(w io.WriteCloser) *Recorder {
	return &Recorder{began: time.Now(), file: w, out: bufio.NewWriterSize(w, 256<<10)}
}

// Now returns the run's time.
func (r *Recorder) Now() int64 { return int64(time.Since(r.began)) }

// Note writes an entry, which is one of this package's types as a value. Errors
// come up in Close: a run whose history can't be written goes on, so that its
// nodes are ended in order, and is not judged.
func (r *Recorder) Note(entry any) {
	text, err := json.Marshal(newLine(entry))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return
	}
	if err == nil {
		_, err = r.out.Write(append(text, '\n'))
	}
	r.err = err
}

// Phase notes that a phase begins now.
func (r *Recorder) Phase(name PhaseName) { r.Note(Phase{Name: name, Time: r.Now()}) }

// Fail notes something that should not have happened.
func (r *Recorder) Fail(format string, args ...any) {
	r.Note(Failure{Time: r.Now(), Text: fmt.Sprintf(format, args...)})
}

// Close writes what is left and returns the first error of all. Nothing may be
// noted afterwards.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := errors.Join(r.err, r.out.Flush(), r.file.Close())
	if err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

// Load reads the history at path.
func Load(path string) (*History, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open history: %w", err)
	}
	defer file.Close()
	return Read(file)
}

// Read reads a history. A last line without its end is left out and sets Cut.
func Read(r io.Reader) (*History, error) {
	in := bufio.NewReaderSize(r, 256<<10)
	h := new(History)
	for n := 1; ; n++ {
		text, err := readLine(in)
		if errors.Is(err, io.EOF) {
			h.Cut = len(text) > 0
			return h, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read history, line %d: %w", n, err)
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrMalformed, n, err)
		}
		if !h.add(l) {
			return nil, fmt.Errorf("%w: line %d says nothing", ErrMalformed, n)
		}
	}
}

// readLine returns the next line, with its end. What io.EOF comes with is a line
// that has none.
func readLine(in *bufio.Reader) ([]byte, error) {
	var text []byte
	for {
		part, err := in.ReadSlice('\n')
		text = append(text, part...)
		if len(text) > maxLine {
			return nil, fmt.Errorf("%w: a line is longer than %d bytes", ErrMalformed, maxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, err
		}
	}
}
