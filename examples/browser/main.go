// Command browser serves a chat in one page. The page talks to a parlor server
// by itself; this program only hands it out.
package main

import (
	"embed"
	"flag"
	"fmt"
	"html/template"
	"log"
	"net"
	"net/http"
)

//go:embed index.html app.js outbox.js style.css
var files embed.FS

func main() {
	listen := flag.String("listen", "127.0.0.1:8090", "`address` of the page")
	parlor := flag.String("parlor", "http://127.0.0.1:8080", "`URL` at which browsers reach the parlor server")
	flag.Parse()
	ln, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	page := template.Must(template.ParseFS(files, "index.html"))
	http.Handle("GET /", http.FileServerFS(files))
	http.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src data:; connect-src "+*parlor)
		_ = page.Execute(w, *parlor) // it fails only if the browser is gone
	})
	fmt.Printf("open http://%s/\n", ln.Addr())
	log.Fatal(http.Serve(ln, nil))
}
