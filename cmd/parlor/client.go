package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/cmd/serve"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/httpfront/auth"
)

const (
	defaultServer = "http://127.0.0.1:8080"

	// maxAnswer bounds an answer that is read whole, in bytes.
	maxAnswer = 16 << 20
	// maxErrorText bounds how much is shown of an answer that isn't Parlor's.
	maxErrorText = 200
)

// client talks to one server. It may be used from any goroutine.
type client struct {
	base      *url.URL
	http      *http.Client
	tokenFile string // read for each request, so that it may be renewed; empty for none
}

// server says which server a command talks to, and as whom.
type server struct{ url, tokenFile *string }

// serverFlags defines --server and --token-file, whose defaults the environment may
// set.
func serverFlags(fs *cli.FlagSet, p process) server {
	def := p.getenv(serve.ServerVariable)
	if def == "" {
		def = defaultServer
	}
	return server{
		url: fs.String("server", def, "`URL` of the server; "+serve.ServerVariable+" sets another default"),
		tokenFile: fs.String("token-file", p.getenv(serve.TokenVariable),
			"`FILE` with the token to show, see parlor token; "+serve.TokenVariable+" sets a default (default: none)"),
	}
}

// open returns a client of the server, to be closed after use.
func (s server) open() (*client, error) {
	c, err := newClient(*s.url)
	if err != nil {
		return nil, err
	}
	c.tokenFile = *s.tokenFile
	return c, nil
}

// openToList parses the arguments of a command that lists what a server has, and takes
// none besides flags. It returns a client of that server, to be closed after use, and
// whether --json is set, which is about that.
func openToList(fs *cli.FlagSet, jsonAbout string, args []string, p process) (c *client, asJSON bool, err error) {
	server := serverFlags(fs, p)
	fs.BoolVar(&asJSON, "json", false, jsonAbout)
	if _, err := fs.Parse(args, 0, 0, p.stdout); err != nil {
		return nil, false, err
	}
	c, err = server.open()
	return c, asJSON, err
}

// newClient returns a client of the server at an http or https URL, whose path
// goes before every route. Close it after use.
func newClient(server string) (*client, error) {
	base, err := url.Parse(server)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.Fragment != "" {
		return nil, cli.Usagef("server: %q is not a URL such as %s", server, defaultServer)
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true, // a compressed stream would come in lumps
	}
	return &client{base: base, http: &http.Client{Transport: transport}}, nil
}

// Close closes connections that are not in use.
func (c *client) Close() { c.http.CloseIdleConnections() }

// request makes a request for a route, which begins with a slash.
func (c *client) request(ctx context.Context, method, route string, query url.Values, body []byte) (*http.Request, error) {
	u := *c.base
	u.Path = strings.TrimSuffix(u.Path, "/") + route
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "parlor/"+version())
	if c.tokenFile != "" {
		token, err := auth.ReadTokenFile(c.tokenFile)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req, nil
}

// getJSON gets a route and decodes the answer into v.
func (c *client) getJSON(ctx context.Context, route string, query url.Values, v any) error {
	req, err := c.request(ctx, http.MethodGet, route, query, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	body, err := c.do(req)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("answer of GET %s: %w", route, err)
	}
	return nil
}

// do sends a request and reads the answer. One that is not 200 gives an
// *answerError.
func (c *client) do(req *http.Request) ([]byte, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, plainError(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, readError(resp)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("answer is larger than %d bytes", maxAnswer)
	}
	return body, nil
}

// plainError strips the method and URL that http.Client puts before an error:
// the caller knows them, and the URL may be long.
func plainError(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}

// answerError is a server's refusal.
type answerError struct {
	status     int
	code       string        // snake_case; empty if the answer isn't Parlor's
	message    string        // one sentence
	outcome    string        // "not_accepted" if the server vouches for it
	retryAfter time.Duration // 0 if not said
}

func (e *answerError) Error() string {
	if e.code == "" {
		return fmt.Sprintf("the server answered %d %s: %s", e.status, http.StatusText(e.status), e.message)
	}
	return fmt.Sprintf("%s (%d %s)", strings.TrimSuffix(e.message, "."), e.status, e.code)
}

// readError reads the answer of a request that was not granted.
func readError(resp *http.Response) *answerError {
	e := &answerError{status: resp.StatusCode}
	if s, err := time.ParseDuration(resp.Header.Get("Retry-After") + "s"); err == nil && s > 0 {
		e.retryAfter = s
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	var answer struct {
		Error   string `json:"error"`
		Message string `json:"message"`
		Outcome string `json:"outcome"`
	}
	if json.Unmarshal(body, &answer) == nil && answer.Error != "" {
		e.code, e.message, e.outcome = printable(answer.Error), printable(answer.Message), answer.Outcome
		return e
	}
	e.message = printable(strings.TrimSpace(string(body[:min(len(body), maxErrorText)])))
	return e
}
