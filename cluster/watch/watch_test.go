package watch_test

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/parlor-sse/parlor/cluster/watch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What a dial can come to.
var (
	errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	errReset   = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNRESET)}
	errNoHost  = &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.EHOSTUNREACH)}
	errOther   = errors.New("something else")
)

const somewhere = "192.0.2.1:7948"

func TestConfirmNeedsTwoRefusalsInARow(t *testing.T) {
	const dials = 7 // the first at once, then every 15 ms within 100 ms
	repeat := func(err error) []error {
		all := make([]error, dials)
		for i := range all {
			all[i] = err
		}
		return all
	}
	tests := []struct {
		name    string
		dials   []error // nil connects
		crashed bool
	}{
		{"refused twice", []error{errRefused, errRefused}, true},
		{"connected", []error{nil}, false},
		{"refused, then connected", []error{errRefused, nil}, false},
		{"unreachable", repeat(errNoHost), false},
		{"reset", repeat(errReset), false},
		{"strange", repeat(errOther), false},
		{"refused at last", []error{errOther, errNoHost, errRefused, errRefused}, true},
		{"refused every other time", []error{errRefused, errOther, errRefused, errOther, errRefused, errOther, errRefused}, false},
		{"refused, then connected, would be refused", []error{errOther, errRefused, nil, errRefused, errRefused}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				p := watch.Prober{Dial: func(_ context.Context, network, address string) (net.Conn, error) {
					if network != "tcp" || address != somewhere {
						t.Errorf("dialled %s %s", network, address)
					}
					if n == len(tt.dials) {
						t.Fatalf("dialled more than %d times", n)
					}
					err := tt.dials[n]
					n++
					if err != nil {
						return nil, err
					}
					ours, theirs := net.Pipe()
					theirs.Close()
					return ours, nil
				}}
				start := time.Now()
				if got := p.Confirm(t.Context(), somewhere); got != tt.crashed {
					t.Errorf("crashed: %v", got)
				}
				if took := time.Since(start); took > watch.DefaultWindow {
					t.Errorf("took %v", took)
				}
				if tt.crashed && n != len(tt.dials) {
					t.Errorf("proven after %d dials", n)
				}
			})
		})
	}
}

func TestConfirmGivesUpOnSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watch.Prober{Window: 50 * time.Millisecond, Dial: silence}
		start := time.Now()
		if p.Confirm(t.Context(), somewhere) {
			t.Error("silence was taken for proof")
		}
		if took := time.Since(start); took != 50*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

func TestConfirmEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		start := time.Now()
		if (watch.Prober{Dial: silence}).Confirm(ctx, somewhere) {
			t.Error("silence was taken for proof")
		}
		if took := time.Since(start); took != 10*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

func TestConfirmTakesNoNames(t *testing.T) {
	p := watch.Prober{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errRefused }}
	for _, address := range []string{"localhost:80", "192.0.2.1", "192.0.2.1:http", ":80", ""} {
		if p.Confirm(t.Context(), address) {
			t.Errorf("%q was proven dead", address)
		}
	}
}

// silence is a dialer into a black hole.
func silence(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
