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
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		again := <-signals
		// Now it has its usual effect, so that whoever waits sees what ended us.
		signal.Reset(again)
		if self, err := os.FindProcess(os.Getpid()); err == nil && self.Signal(again) == nil {
			select {}
		}
		os.Exit(ExitFailure)
	}()
	return ctx, cancel
}
