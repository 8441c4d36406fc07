package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Handler performs one operation. Its context ends when the directing process
// goes away, so that nobody is left behind working for it.
type Handler func(ctx context.Context, op string, args json.RawMessage) (any, error)

// errDirectorGone is why a handler's context ends with the input.
var errDirectorGone = errors.New("the directing process went away")

// Serve performs the requests of in, one at a time, until in ends or ctx does.
func Serve(ctx context.Context, in io.Reader, out io.Writer, handle Handler) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	// The reader runs ahead of the handler in order to notice the end of in
	// while an operation is under way. It ends with in, which the director's
	// death closes.
	requests := make(chan request)
	go func() {
		decoder := json.NewDecoder(in)
		for {
			var r request
			if err := decoder.Decode(&r); err != nil {
				cancel(fmt.Errorf("%w: %w", errDirectorGone, err))
				return
			}
			select {
			case requests <- r:
			case <-ctx.Done():
				return
			}
		}
	}()

	encoder := json.NewEncoder(out)
	for {
		select {
		case <-ctx.Done():
			if cause := context.Cause(ctx); !errors.Is(cause, io.EOF) {
				return cause
			}
			return nil
		case r := <-requests:
			if err := encoder.Encode(perform(ctx, r, handle)); err != nil {
				return fmt.Errorf("answer %s: %w", r.Op, err)
			}
		}
	}
}

// perform runs the handler and wraps what it says.
func perform(ctx context.Context, r request, handle Handler) reply {
	result, err := handle(ctx, r.Op, r.Args)
	if err != nil {
		return reply{Error: err.Error()}
	}
	if result == nil {
		return reply{}
	}
	encoded, err := json.Marshal(result)
	if err != nil {
		return reply{Error: fmt.Sprintf("encode result of %s: %v", r.Op, err)}
	}
	return reply{Result: encoded}
}

// Args decodes the arguments of an operation.
func Args[T any](raw json.RawMessage) (T, error) {
	var args T
	if err := json.Unmarshal(raw, &args); err != nil {
		return args, fmt.Errorf("decode arguments: %w", err)
	}
	return args, nil
}
