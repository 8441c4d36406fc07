// Command counter serves rooms that count: whatever happens, no increment is lost
// and none is counted twice.
package main

import (
	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve"
)

func main() {
	serve.Main(serve.Program{
		Name:  "counter",
		About: "Serves rooms that count.",
		Data:  "./counter-data",
		Kinds: []actors.Kind{{Name: "counter", New: func() any { return Counter{} }}},
	})
}
