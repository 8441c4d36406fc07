// Command topics sends events to people who are signed in: to all of them, to
// those who have subscribed to a topic, or to one. Everybody has one stream.
package main

import (
	"os"
	"slices"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/httpfront"
)

const (
	programName = "topics"
	secretName  = "JWT_SECRET" // the environment variable of the secret that tokens are signed with
)

func main() {
	users, err := newUsers(os.Getenv(secretName))
	if err != nil && !asksForHelp(os.Args[1:]) {
		os.Exit(cli.Report(os.Stderr, programName, err))
	}
	guarded := false
	serve.Main(serve.Program{
		Name:      programName,
		About:     "Sends events to all, to a topic, or to one user. Tokens are signed with the secret in " + secretName + ".",
		Listen:    "127.0.0.1:3000",
		Data:      "./topics-data",
		Heartbeat: 30 * time.Second,
		Kinds:     []actors.Kind{switchboardKind()},
		Tune:      func(edge *httpfront.Config, _ *actors.Config) { guarded = edge.Auth != nil },
		Routes: func(n *serve.Node) ([]httpfront.Route, error) {
			if guarded { // it would keep the tokens to itself
				return nil, cli.Usagef("jwt-key-file: this program reads tokens by itself: set %s", secretName)
			}
			return routes(&api{users: users, service: Service{n.Rooms()}})
		},
	})
}

// asksForHelp reports whether the program is to say how it is used, for which it
// needs no secret.
func asksForHelp(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		return slices.Contains([]string{"-h", "--h", "-help", "--help"}, arg)
	})
}
