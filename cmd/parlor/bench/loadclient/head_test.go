package loadclient

import (
	"errors"
	"strings"
	"testing"
)

func TestParseHead(t *testing.T) {
	const good = "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-type: text/event-stream;charset=utf-8\r\n\r\n"
	tests := []struct {
		in   string
		want int
		err  error
	}{
		{"", 0, nil},
		{good[:len(good)-1], 0, nil},
		{good, len(good), nil},
		{good + "data: x\n\n", len(good), nil},
		{"HTTP/1.1 503 Service Unavailable\r\n\r\n", 0, errNoStream},
		{"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", 0, errNoStream},
		{"HTTP/1.1 200 OK\r\n\r\n", 0, errNoStream},
		{"garbage\r\n\r\n", 0, errNoStream},
		{strings.Replace(good, "Server: x", "Transfer-Encoding: chunked", 1), 0, errChunked},
		{"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHead), 0, errLongHead},
	}
	for _, test := range tests {
		got, err := parseHead([]byte(test.in))
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("parseHead(%.60q) = %d, %v, want %d, %v", test.in, got, err, test.want, test.err)
		}
	}
}
