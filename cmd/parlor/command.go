package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

// command is a sub-command.
type command struct {
	name    string
	summary string // one line, for the list of commands
	// run carries the command out. It returns flag.ErrHelp after printing its
	// help, a cli.UsageError for what the caller has to change, else what went
	// wrong.
	run func(ctx context.Context, args []string, p process) error
}

// commands returns the sub-commands in the order in which help lists them.
func commands() []command {
	return []command{
		{"serve", "run a server", runServe},
		{"publish", "send messages to a room", runPublish},
		{"tail", "print the events of rooms as they come", runTail},
		{"rooms", "list the rooms that are awake", runRooms},
		{"members", "list the servers of the ring", runMembers},
		{"cert", "make keys and certificates for the nodes of a cluster", runCert},
		{"token", "make, explain and prepare tokens for clients", runToken},
		{"inspect", "look into the data directory of a stopped server", runInspect},
		{"bench", "measure servers of event streams", runBench},
		{"version", "print the version of this program", runVersion},
		{"help", "print help for the program or for one command", runHelp},
	}
}

func findCommand(name string) (command, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

func unknownCommand(name string) error {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return cli.Usagef("there is no command %q%s; parlor help lists them", name, cli.DidYouMean(name, names))
}

func runHelp(ctx context.Context, args []string, p process) error {
	if len(args) > 0 && args[0] != "-h" && args[0] != "--help" {
		c, ok := findCommand(args[0])
		if !ok {
			return unknownCommand(args[0])
		}
		if c.name != "help" {
			return c.run(ctx, []string{"--help"}, p)
		}
	}
	fmt.Fprint(p.stdout, "Parlor serves rooms of Server-Sent Events: ordered, kept, resumable.\n\n"+
		"Usage:\n\n  parlor COMMAND [FLAGS] [ARGUMENTS]\n\nCommands:\n\n")
	tw := tabwriter.NewWriter(p.stdout, 0, 0, 3, ' ', 0)
	for _, c := range commands() {
		fmt.Fprintf(tw, "  %s\t%s\n", c.name, c.summary)
	}
	tw.Flush()
	fmt.Fprint(p.stdout, "\nparlor COMMAND --help describes a command and its flags. A first try:\n\n"+
		"  parlor serve &\n  parlor tail lobby &\n  parlor publish lobby Hello\n\n"+
		"Exit codes: 0 done, 1 something went wrong, 2 the command line or the\nconfiguration is at fault.\n")
	return nil
}
