package sseclients_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/parlor-sse/parlor/httpfront/sseclients"
)

// read prints the first lines of a stream.
func read(url string, lines int, then func()) {
	resp, err := http.Get(url)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Header.Get("Content-Type"))
	then() // the head is there, so the client is known
	text := bufio.NewScanner(resp.Body)
	for range lines {
		text.Scan()
		fmt.Println(text.Text())
	}
}

func ExampleManager() {
	manager, err := sseclients.Open(sseclients.DefaultConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer manager.Close()
	mux := http.NewServeMux()
	mux.Handle("GET /sse", manager.Handler(sseclients.ByQuery))
	server := httptest.NewServer(mux)
	defer server.Close()

	read(server.URL+"/sse?clientId=me&ttl=60", 6, func() {
		if err := manager.SendEvent("me", "greeting", map[string]string{"hello": "you"}); err != nil {
			fmt.Println(err)
		}
		if _, err := manager.Broadcast("news", []int{1, 2, 3}); err != nil {
			fmt.Println(err)
		}
	})
	// Output:
	// text/event-stream
	// id: 1
	// event: greeting
	// data: {"hello":"you"}
	//
	// id: 2
	// event: news
}

func ExampleManager_AddClient() {
	manager, err := sseclients.Open(sseclients.DefaultConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer manager.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := "user-7" // as found by what the server has for that
		w.Header().Set("X-Accel-Buffering", "no")
		if err := manager.AddClient(user, w, r, time.Hour); err != nil {
			manager.Refuse(w, err)
		}
	}))
	defer server.Close()

	read(server.URL, 3, func() { fmt.Println(manager.SendEvent("user-7", "ready", true)) })
	fmt.Println(manager.SendEvent("user-8", "ready", true))
	// Output:
	// text/event-stream
	// <nil>
	// id: 1
	// event: ready
	// data: true
	// sseclients: no stream is open for that key
}

func ExampleManager_FastHandler() {
	manager, err := sseclients.Open(sseclients.DefaultConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &fasthttp.Server{
		Handler:           manager.FastHandler(sseclients.ByQueryFast),
		KeepHijackedConns: true, // streams outlive the handler
		NoDefaultDate:     true,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()

	read("http://"+ln.Addr().String()+"/?clientId=me", 3, func() {
		n, err := manager.Broadcast("news", "good")
		fmt.Println(n, err)
	})
	manager.Close()
	fmt.Println(server.Shutdown(), <-served)
	// Output:
	// text/event-stream
	// 1 <nil>
	// id: 1
	// event: news
	// data: "good"
	// <nil> <nil>
}

func ExampleRefusal() {
	manager, err := sseclients.Open(sseclients.DefaultConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer manager.Close()
	identify := func(r *http.Request) (string, time.Duration, error) {
		user, _, ok := r.BasicAuth()
		if !ok {
			return "", 0, sseclients.Refusal{Status: 401, Code: "unauthorized", Message: "Say who you are."}
		}
		return user, 0, nil
	}
	w := httptest.NewRecorder()
	manager.Handler(identify).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sse", nil))
	fmt.Println(w.Code, w.Body)
	// Output:
	// 401 {"success":false,"error":"unauthorized","message":"Say who you are."}
}

func ExampleManager_SendEvent() {
	manager, err := sseclients.Open(sseclients.DefaultConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer manager.Close()
	err = manager.SendEvent("nobody", "greeting", "hello")
	fmt.Println(errors.Is(err, sseclients.ErrUnknownClient))
	// Output:
	// true
}
