// Command numbers streams random numbers. All who listen to one stream get the
// same numbers at the same moments; every other stream has its own.
package main

import (
	"flag"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/httpfront"
)

func main() {
	every := 10 * time.Second
	serve.Main(serve.Program{
		Name:   "numbers",
		About:  "Streams random numbers, the same ones to all who listen to one stream.",
		Listen: "127.0.0.1:3000",
		Data:   "./numbers-data",
		Flags: func(fs *flag.FlagSet) {
			cli.Interval(fs, &every, "interval", "time between two numbers of a stream")
		},
		Tune: func(_ *httpfront.Config, rooms *actors.Config) {
			rooms.Kinds = append(rooms.Kinds, streams(every))
		},
		Routes: routes,
	})
}
