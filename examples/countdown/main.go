// Command countdown serves rooms that count down: when the time is up everybody
// hears it, even if the node that was counting is gone by then.
package main

import (
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve"
)

func main() {
	serve.Main(serve.Program{
		Name:  "countdown",
		About: "Serves rooms that count down.",
		Data:  "./countdown-data",
		Kinds: []actors.Kind{{Name: "countdown", New: func() any { return Countdown{} }, Update: time.Second}},
	})
}
