package persistence

import (
	"fmt"
	"hash/crc32"
)

const itemVersion = 1

// AppendItem appends the stored form of an item's value to dst and returns the
// extended slice. The form is bound to what it is stored under: the store's
// whole key for it, which names the room and the item.
func AppendItem(dst, under, value []byte) []byte {
	start := len(dst)
	dst = append(dst, tagItem, itemVersion)
	dst = append(dst, value...)
	return sealUnder(dst, start, crc32.Checksum(under, castagnoli))
}

// DecodeItem reads the value that AppendItem stored under the same key; it
// aliases b. Damaged bytes are ErrCorrupt, and so are those that were stored
// under another key; bytes of a newer version are ErrFormat.
func DecodeItem(b, under []byte) ([]byte, error) {
	d, err := unsealUnder(b, tagItem, itemVersion, crc32.Checksum(under, castagnoli))
	if err != nil {
		return nil, fmt.Errorf("decode item: %w", err)
	}
	return d.rest, nil
}
