package sse

import (
	"strconv"
	"strings"
)

// AppendEvent appends the frame of e to dst and returns the extended slice. The
// lines come in the order retry, id, event, data; a blank line ends the frame.
//
//   - Data is split at CR, LF and CRLF into data lines, so a reader sees every
//     line end as LF. Without data no reader dispatches the frame: an event with
//     only an ID is a bookmark, which sets the reader's last event id and
//     nothing else.
//   - A Name or ID that holds NUL, CR or LF is left out whole. To drop only the
//     bad bytes would make an id that names some other place.
//   - A Retry below one millisecond is left out.
//   - An event of which nothing remains adds no bytes.
//
// It keeps no reference to e.Data and allocates only when dst is too small.
func AppendEvent(dst []byte, e Event) []byte {
	start := len(dst)
	if ms := e.Retry.Milliseconds(); ms > 0 {
		dst = append(dst, "retry: "...)
		dst = strconv.AppendInt(dst, ms, 10)
		dst = append(dst, '\n')
	}
	dst = appendField(dst, "id: ", e.ID)
	dst = appendField(dst, "event: ", e.Name)
	dst = appendData(dst, e.Data)
	if len(dst) == start {
		return dst
	}
	return append(dst, '\n')
}

func appendField(dst []byte, field, value string) []byte {
	if value == "" || strings.ContainsAny(value, "\x00\r\n") {
		return dst
	}
	dst = append(dst, field...)
	dst = append(dst, value...)
	return append(dst, '\n')
}

func appendData(dst, data []byte) []byte {
	for more := len(data) > 0; more; {
		var line []byte
		line, data, more = cutLine(data)
		dst = append(dst, "data: "...)
		dst = append(dst, line...)
		dst = append(dst, '\n')
	}
	return dst
}

// AppendComment appends text as a comment and a blank line to dst and returns
// the extended slice. Readers skip comments; they keep a connection warm. Each
// line of a text of several becomes a comment line. It must not be called in
// the middle of a frame, which its blank line would end.
func AppendComment(dst []byte, text string) []byte {
	dst = append(dst, ':')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\r' && i+1 < len(text) && text[i+1] == '\n':
			// The LF that follows ends the line.
		case c == '\r', c == '\n':
			dst = append(dst, "\n:"...)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, "\n\n"...)
}
