// Package sse writes and reads text/event-stream, the wire form of
// Server-Sent Events.
//
// Writing is append style and allocates nothing: AppendEvent and AppendComment
// extend the caller's buffer. What they write can't be broken out of: no name,
// id or text adds a line of its own to the stream.
//
// Reading follows the rules that the HTML standard sets for EventSource. Parser
// is fed chunks as they arrive and suits an event loop; Decoder puts it over an
// io.Reader.
package sse
