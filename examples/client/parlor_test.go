package main

import (
	"bytes"
	"compress/gzip"
	"testing"
)

// TestClientIsSmall keeps parlor.js a file that a page need not think about and a
// person can read.
func TestClientIsSmall(t *testing.T) {
	const maxBytes, maxLines = 2048, 150
	source, err := files.ReadFile("parlor.js")
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(source); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(source, []byte{'\n'}); packed.Len() > maxBytes || lines > maxLines {
		t.Errorf("parlor.js has %d bytes gzipped, of at most %d, and %d lines, of at most %d", packed.Len(), maxBytes, lines, maxLines)
	}
}
