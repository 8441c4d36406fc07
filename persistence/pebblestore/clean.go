package pebblestore

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// cleanName is the file that marks a clean end. It lies beside Pebble's files
// only while the store is closed, and names the manifest, its length and its
// checksum: the manifest lists all tables, tables have checksums of their own,
// and a clean end leaves nothing in the log. So a store that the file agrees
// with is whole, and one whose manifest was damaged, which Pebble may take for
// an older state of the store, does not pass for it.
const cleanName = "parlor-clean"

// isClean reports whether dir holds a store whose last end was clean. It
// changes nothing.
func isClean(fsys vfs.FS, dir string) (bool, error) {
	marker, err := readFile(fsys, fsys.PathJoin(dir, cleanName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read clean marker: %w", err)
	}
	want, err := describeStore(fsys, dir)
	if err != nil {
		return false, err
	}
	return bytes.Equal(marker, want), nil
}

// markClean says, durably, that the store's end was clean. Pebble must have
// closed its files.
func markClean(fsys vfs.FS, dir string) error {
	text, err := describeStore(fsys, dir)
	if err != nil {
		return err
	}
	name := fsys.PathJoin(dir, cleanName)
	f, err := fsys.Create(name+".tmp", vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("write clean marker: %w", err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write clean marker: %w", err)
	}
	if err := errors.Join(fsys.Rename(name+".tmp", name), syncDir(fsys, dir)); err != nil {
		return fmt.Errorf("write clean marker: %w", err)
	}
	return nil
}

// unmarkClean takes the mark away, durably.
func unmarkClean(fsys vfs.FS, dir string) error {
	err := fsys.Remove(fsys.PathJoin(dir, cleanName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := errors.Join(err, syncDir(fsys, dir)); err != nil {
		return fmt.Errorf("remove clean marker: %w", err)
	}
	return nil
}

// describeStore returns the text that the file of a clean end holds.
func describeStore(fsys vfs.FS, dir string) ([]byte, error) {
	desc, err := pebble.Peek(dir, fsys)
	if err != nil {
		return nil, fmt.Errorf("look for the manifest: %w", err)
	}
	if !desc.Exists {
		return nil, nil
	}
	f, err := fsys.Open(desc.ManifestFilename)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	n, err := io.Copy(sum, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return fmt.Appendf(nil, "%s %d bytes crc32c %08x\n", fsys.PathBase(desc.ManifestFilename), n, sum.Sum32()), nil
}

func readFile(fsys vfs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(f)
	return b, errors.Join(err, f.Close())
}
