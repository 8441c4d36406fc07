package serve

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// OwnProcess fits this process to a node, for which alone it is there from now
// on. Main calls it; a program that has a main of its own may before Run.
func OwnProcess() {
	// The log's reader may be gone before the server is: that must not end it.
	signal.Ignore(syscall.SIGPIPE)
	// Writers sweep thousands of sockets without telling the scheduler; a spare
	// processor keeps new connections from waiting for them.
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.NumCPU() + 1)
	}
}
