package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/parlor-sse/parlor/cluster/durable"
)

type value struct {
	Name  string
	Count int
}

func TestSaveAndLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "value.json")
	var got value
	if err := durable.Load(path, &got); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("load of nothing: %v", err)
	}
	for i := range 3 {
		want := value{Name: "a <b> & c", Count: i}
		if err := durable.Save(path, want); err != nil {
			t.Fatal(err)
		}
		if err := durable.Load(path, &got); err != nil || got != want {
			t.Fatalf("loaded %+v, %v", got, err)
		}
	}
}

func TestHalfWrittenSuccessorIsIgnored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "value.json")
	want := value{Name: "old"}
	if err := durable.Save(path, want); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".next", []byte(`{"crc32c":1,"va`), 0o600); err != nil {
		t.Fatal(err)
	}
	var got value
	if err := durable.Load(path, &got); err != nil || got != want {
		t.Fatalf("loaded %+v, %v", got, err)
	}
}

// TestEveryFlippedBitIsNoticed damages the file in each of its bits.
func TestEveryFlippedBitIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "value.json")
	want := value{Name: "n1", Count: 7}
	if err := durable.Save(path, want); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(whole) * 8 {
		damaged := append([]byte(nil), whole...)
		damaged[i/8] ^= 1 << (i % 8)
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		var got value
		if err := durable.Load(path, &got); err == nil && got != want {
			t.Fatalf("bit %d flipped: loaded %+v", i, got)
		}
	}
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := durable.Load(path, new(value)); !errors.Is(err, durable.ErrDamaged) {
		t.Fatalf("half a file: %v", err)
	}
}
