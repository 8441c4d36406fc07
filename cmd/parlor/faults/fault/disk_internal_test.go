package fault

import (
	"bytes"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/run"
)

// store makes a data directory whose newest log holds some bytes.
func store(t *testing.T) (node *run.Node, log string, before []byte) {
	t.Helper()
	dir := t.TempDir()
	before = bytes.Repeat([]byte("0123456789"), 300)
	write := func(name string, content []byte, age time.Duration) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("000002.log", []byte("old"), time.Hour)
	log = write("000004.log", before, time.Minute)
	write("000006.log", nil, 0)
	write("000005.sst", []byte("table"), 0)
	write("raft/ring.json", []byte("{}"), 0)
	return &run.Node{Name: "n1", Data: dir}, log, before
}

func seeded(seed uint64) *Stage { return &Stage{Rand: rand.New(rand.NewPCG(seed, 0))} }

func TestTear(t *testing.T) {
	for seed := range uint64(20) {
		node, log, before := store(t)
		note, err := tear(seeded(seed), node)
		if err != nil || note == "" {
			t.Fatalf("%q, %v", note, err)
		}
		after, err := os.ReadFile(log)
		if err != nil || len(after) >= len(before) || !bytes.HasPrefix(before, after) {
			t.Errorf("seed %d: %d bytes of %d are left, error %v", seed, len(after), len(before), err)
		}
	}
}

func TestFlip(t *testing.T) {
	for seed := range uint64(20) {
		node, log, before := store(t)
		note, err := flip(seeded(seed), node)
		if err != nil || note == "" {
			t.Fatalf("%q, %v", note, err)
		}
		after, err := os.ReadFile(log)
		if err != nil || len(after) != len(before) {
			t.Fatalf("%d bytes, error %v", len(after), err)
		}
		flipped := 0
		for i := range after {
			flipped += bits.OnesCount8(after[i] ^ before[i])
		}
		if flipped != 1 {
			t.Errorf("seed %d: %d bits are flipped", seed, flipped)
		}
	}
}

func TestNoLog(t *testing.T) {
	node := &run.Node{Name: "n1", Data: t.TempDir()}
	if _, err := tear(seeded(1), node); err == nil {
		t.Error("tore a log that is not there")
	}
	if _, err := flip(seeded(1), node); err == nil {
		t.Error("flipped a bit of a log that is not there")
	}
}
