package httpfront_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// TestShutdownCutsNobody has clients that keep their connections open publish as
// fast as they can while the server goes. The only failure that they may see is
// that it lets nobody in any more.
func TestShutdownCutsNobody(t *testing.T) {
	srv, addr := start(t, &fakeRooms{})
	var clients sync.WaitGroup
	begun := make(chan struct{}, 8)
	for range cap(begun) {
		clients.Go(func() {
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			for n := 0; ; n++ {
				// Not to be sent again by the client itself.
				body := struct{ *bytes.Reader }{bytes.NewReader([]byte(`{}`))}
				resp, err := client.Post("http://"+addr+"/broadcast?room=a", "application/json", body)
				var refused *net.OpError
				if errors.As(err, &refused) && refused.Op == "dial" {
					return
				}
				if err != nil {
					t.Errorf("publish %d: %v", n, err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body) // else the connection is not used again
				resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					t.Errorf("publish %d: %s", n, resp.Status)
				}
				if n == 0 {
					begun <- struct{}{}
				}
			}
		})
	}
	for range cap(begun) {
		<-begun
	}
	if err := srv.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	clients.Wait()
}
