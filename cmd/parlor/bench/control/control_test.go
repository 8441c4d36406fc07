package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/control"
)

// start serves the handler over pipes until hangUp is called or the test ends.
func start(t *testing.T, handle control.Handler) (caller *control.Caller, hangUp func(), served chan error) {
	t.Helper()
	requestsIn, requestsOut := io.Pipe()
	repliesIn, repliesOut := io.Pipe()
	served = make(chan error, 1)
	go func() {
		served <- control.Serve(context.Background(), requestsIn, repliesOut, handle)
		repliesOut.Close()
	}()
	hangUp = func() { requestsOut.Close() }
	t.Cleanup(hangUp)
	return control.NewCaller(requestsOut, repliesIn), hangUp, served
}

func TestCall(t *testing.T) {
	caller, hangUp, served := start(t, func(_ context.Context, op string, raw json.RawMessage) (any, error) {
		args, err := control.Args[[]int](raw)
		switch {
		case err != nil:
			return nil, err
		case op == "quiet":
			return nil, nil
		case op == "fail":
			return nil, errors.New("no luck")
		}
		return len(args), nil
	})
	var n int
	if err := caller.Call(t.Context(), "count", []int{4, 5}, &n); err != nil || n != 2 {
		t.Errorf("count = %d, %v", n, err)
	}
	if err := caller.Call(t.Context(), "quiet", []int{}, nil); err != nil {
		t.Error(err)
	}
	if err := caller.Call(t.Context(), "fail", []int{}, &n); err == nil || !strings.Contains(err.Error(), "no luck") {
		t.Errorf("fail: %v", err)
	}
	if err := caller.Call(t.Context(), "count", "text", &n); err == nil {
		t.Error("wrong arguments were accepted")
	}
	hangUp()
	if err := <-served; err != nil {
		t.Errorf("Serve = %v", err)
	}
	if err := caller.Call(t.Context(), "count", []int{}, &n); !errors.Is(err, control.ErrGone) {
		t.Errorf("after the end: %v", err)
	}
}

func TestHandlerEndsWithTheDirector(t *testing.T) {
	entered := make(chan struct{})
	caller, hangUp, served := start(t, func(ctx context.Context, _ string, _ json.RawMessage) (any, error) {
		close(entered)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	ctx, cancel := context.WithCancel(t.Context())
	called := make(chan error, 1)
	go func() { called <- caller.Call(ctx, "wait", nil, nil) }()
	<-entered
	cancel()
	if err := <-called; !errors.Is(err, context.Canceled) {
		t.Errorf("Call = %v", err)
	}
	if err := caller.Call(t.Context(), "wait", nil, nil); !errors.Is(err, control.ErrGone) {
		t.Errorf("a call after one given up = %v", err)
	}
	hangUp()
	if err := <-served; err != nil {
		t.Errorf("Serve = %v", err)
	}
}
