// Command middleware is a server of net/http that sends server-sent events to
// clients it knows by ids of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/parlor-sse/parlor/httpfront/sseclients"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "middleware:", err)
		os.Exit(1)
	}
}

// errUsage stands for what was said about the command line already.
var errUsage = errors.New("usage")

// options are what the command line says.
type options struct {
	listen        string
	checkInterval time.Duration
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("middleware", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.listen, "listen", "127.0.0.1:3001", "`address` to serve on; port 0 takes a free one")
	flags.DurationVar(&o.checkInterval, "check-interval", 30*time.Second, "how often to look for clients whose time is over")
	flags.String("data", "", "`directory` for data; unused, since nothing is kept")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return o, err
	case err != nil:
		return o, errUsage
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "unexpected argument: %s\n", flags.Arg(0))
		return o, errUsage
	case o.checkInterval <= 0:
		fmt.Fprintln(stderr, "-check-interval must be positive")
		return o, errUsage
	}
	return o, nil
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	cfg := sseclients.DefaultConfig()
	cfg.CheckInterval, cfg.AllowOrigin = o.checkInterval, "*"
	clients, err := sseclients.Open(cfg)
	if err != nil {
		return err
	}
	defer clients.Close()
	ln, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           routes(clients),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    8 << 10,
	}
	fmt.Fprintf(stdout, "listening on http://%s/\n", ln.Addr())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	return stop(clients, server)
}

// stop ends the streams, of which the server knows nothing any more, and then
// the server, which waits for requests under way.
func stop(clients *sseclients.Manager, server *http.Server) error {
	clients.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return server.Shutdown(ctx)
}
