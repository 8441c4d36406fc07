package browsertest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/parlor-sse/parlor/cmd/proctest"
)

// badProxy stands between a page and a server, and fails as proxies do.
type badProxy struct {
	good      http.Handler
	loseNext  atomic.Bool  // the next publish gets through, its answer does not
	refuse    atomic.Bool  // streams are answered with an error
	published atomic.Int32 // publishes that got through
	refused   atomic.Int32 // streams that were answered so
}

func (p *badProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost && p.loseNext.CompareAndSwap(true, false):
		p.good.ServeHTTP(httptest.NewRecorder(), r)
		p.published.Add(1)
		panic(http.ErrAbortHandler) // cuts the connection
	case r.Method == http.MethodGet && p.refuse.Load():
		p.refused.Add(1)
		http.Error(w, "bad gateway", http.StatusBadGateway)
		return
	}
	p.good.ServeHTTP(w, r)
	if r.Method == http.MethodPost {
		p.published.Add(1)
	}
}

func TestChatThroughBadProxy(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := startServer(t)
	target, err := url.Parse(s.URL(""))
	if err != nil {
		t.Fatal(err)
	}
	good := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	proxy := &badProxy{good: good}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	t.Cleanup(front.CloseClientConnections) // streams do not end by themselves
	b.enter(startChat(t, front.URL), "lobby", "Ada")

	// A message whose answer is lost is sent again, and is still only one.
	proxy.loseNext.Store(true)
	b.say("once")
	proctest.Until(t, "the message is sent twice", func() bool { return proxy.published.Load() == 2 })
	b.say("more")
	b.untilTalk("Ada: once", "Ada: more")

	// An EventSource that gets an error gives up. The page has to go on by itself
	// from where it was.
	proxy.refuse.Store(true)
	front.CloseClientConnections()
	proctest.Until(t, "the stream is refused", func() bool { return proxy.refused.Load() > 0 })
	s.publish("lobby", "", `{"message":"missed","from":"Grace"}`)
	proxy.refuse.Store(false)
	b.untilTalk("Ada: once", "Ada: more", "Grace: missed")
	b.calm("502", "net::ERR_", "has been blocked by CORS policy")
}
