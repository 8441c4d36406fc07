// Package durable keeps small values in files that survive a crash whole: the
// old value or the new one, never a mix, and never a damaged one unnoticed.
package durable

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
)

// ErrDamaged reports a file that is not what Save wrote.
var ErrDamaged = errors.New("file is damaged")

// MaxSize bounds a file, in bytes.
const MaxSize = 16 << 20

// sealed is the content of a file.
type sealed struct {
	Sum   uint32          `json:"crc32c"`
	Value json.RawMessage `json:"value"`
}

// sum depends on the bytes of the value only, so that a file that was
// pretty-printed by hand counts as damaged: nobody is to edit these.
func sum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// Save writes v as JSON to path. When it returns nil, v is on the disk: the
// file and its name are synced. Only one Save of a path may run at a time.
func Save(path string, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	content, err := json.Marshal(sealed{Sum: sum(value), Value: value})
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	if len(content) > MaxSize {
		return fmt.Errorf("save %s: %d bytes, more than %d", path, len(content), MaxSize)
	}
	if err := replace(path, content); err != nil {
		return fmt.Errorf("save %s: %w", path, err)
	}
	return nil
}

// replace puts content in the place of the file at path.
func replace(path string, content []byte) error {
	next := path + ".next"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Load reads into v what Save wrote. A file that does not exist is
// fs.ErrNotExist, another one than Save wrote ErrDamaged.
func Load(path string, v any) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return fmt.Errorf("load %s: %w", path, err)
	}
	var s sealed
	if len(content) > MaxSize || json.Unmarshal(content, &s) != nil || sum(s.Value) != s.Sum {
		return fmt.Errorf("load %s: %w", path, ErrDamaged)
	}
	if err := json.Unmarshal(s.Value, v); err != nil {
		return fmt.Errorf("load %s: %w: %w", path, ErrDamaged, err)
	}
	return nil
}
