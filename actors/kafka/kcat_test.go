package kafka_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/parlor-sse/parlor/persistence"
)

// TestKcat has a client of another make read what a producer has written.
func TestKcat(t *testing.T) {
	kcat, err := exec.LookPath("kcat")
	if err != nil {
		if os.Getenv("PARLOR_TEST_KCAT") == "require" {
			t.Fatal("kcat is required and not installed")
		}
		t.Skip("kcat is not installed; it is Debian's package kcat")
	}
	cfg := config(t, brokers(t, kfake.SeedTopics(1, "out")).ListenAddrs()...)
	p := produce(t, cfg, nil)
	list := messages(1, 3)
	list[1].Event = "price"
	list[2].Data = []byte(`{"text":"täglich 漢字 🎲\n"}`)
	if err := deliver(t, p, persistence.RoomKey{Kind: "stock", Name: "a:b@c"}, list); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, kcat, "-b", cfg.Brokers[0], "-C", "-t", "out", "-o", "beginning", "-c", strconv.Itoa(len(list)), "-e", "-q", "-J")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(list) {
		t.Fatalf("kcat says\n%s", out)
	}
	for i, line := range lines {
		var got struct {
			Key     string
			TS      int64
			Headers []string
			Payload string
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		want := []string{"id", list[i].Position.String(), "room", "a:b@c", "kind", "stock", "event", list[i].Event}
		if got.Key != "a:b@c" || got.TS != list[i].Time || fmt.Sprint(got.Headers) != fmt.Sprint(want) || got.Payload != string(list[i].Data) {
			t.Errorf("record %d is %s", i, line)
		}
	}
}
