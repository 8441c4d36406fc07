package agree

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/hashicorp/raft"
)

// errEntry reports a stored value that is damaged or of a newer format.
var errEntry = errors.New("stored value is damaged")

const (
	entryVersion = 1
	entryHead    = 1 + 1 + 8 + 8 + 4 // version, type, term, time, length of data
	entrySum     = 4
)

// encodeEntry returns the stored form of an entry: version, type, term, when
// it was appended, data with its length, extensions, checksum. The index is the
// key and part of the checksum.
func encodeEntry(l *raft.Log) []byte {
	b := make([]byte, 0, entryHead+len(l.Data)+len(l.Extensions)+entrySum)
	b = append(b, entryVersion, byte(l.Type))
	b = binary.BigEndian.AppendUint64(b, l.Term)
	var at int64
	if !l.AppendedAt.IsZero() {
		at = l.AppendedAt.UnixNano()
	}
	b = binary.BigEndian.AppendUint64(b, uint64(at))
	b = binary.BigEndian.AppendUint32(b, uint32(len(l.Data)))
	b = append(b, l.Data...)
	b = append(b, l.Extensions...)
	return binary.BigEndian.AppendUint32(b, entrySumOf(b, l.Index))
}

// decodeEntry reads what encodeEntry wrote under the index. It keeps nothing
// of b.
func decodeEntry(b []byte, index uint64, l *raft.Log) error {
	if len(b) < entryHead+entrySum || b[0] != entryVersion {
		return fmt.Errorf("entry %d: %w", index, errEntry)
	}
	body, sum := b[:len(b)-entrySum], binary.BigEndian.Uint32(b[len(b)-entrySum:])
	size := binary.BigEndian.Uint32(body[entryHead-4:])
	if sum != entrySumOf(body, index) || uint64(size) > uint64(len(body)-entryHead) {
		return fmt.Errorf("entry %d: %w", index, errEntry)
	}
	*l = raft.Log{Index: index, Type: raft.LogType(body[1]), Term: binary.BigEndian.Uint64(body[2:])}
	if at := int64(binary.BigEndian.Uint64(body[10:])); at != 0 {
		l.AppendedAt = time.Unix(0, at)
	}
	rest := body[entryHead:]
	l.Data = append([]byte(nil), rest[:size]...)
	if len(rest) > int(size) {
		l.Extensions = append([]byte(nil), rest[size:]...)
	}
	return nil
}

func entrySumOf(b []byte, index uint64) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(indexKey(index), table), table, b)
}
