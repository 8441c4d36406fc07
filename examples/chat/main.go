// Command chat serves rooms where people talk, and the page on which they do.
package main

import (
	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve"
)

func main() {
	serve.Main(serve.Program{
		Name:   "chat",
		About:  "Serves rooms where people talk.",
		Data:   "./chat-data",
		Kinds:  []actors.Kind{{Name: "chat", New: func() any { return Chat{} }}},
		Routes: page,
	})
}
