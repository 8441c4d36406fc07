package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// UntilSignal returns a context that ends with the first SIGINT or SIGTERM, which
// asks for an orderly end. A second one ends the process at once. It is for a
// process's main function: the signals stay taken until the process ends.
func UntilSignal() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	// One channel for both, so that there is no moment at which a signal is lost.
	signals := make(chan os.Signal, 2)
	// A shell ignores it for what it runs in the background. It asks for an end
	// all the same, but its usual effect would be none.
	ignored := signal.Ignored(os.Interrupt)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		again := <-signals
		if ignored && again == os.Interrupt {
			os.Exit(ExitFailure)
		}
		// Now it has its usual effect, so that whoever waits sees what ended us.
		signal.Reset(again)
		if self, err := os.FindProcess(os.Getpid()); err == nil && self.Signal(again) == nil {
			select {}
		}
		os.Exit(ExitFailure)
	}()
	return ctx, cancel
}
