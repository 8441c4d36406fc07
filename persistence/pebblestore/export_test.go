package pebblestore

// CleanName is the name of the file that marks a clean end.
const CleanName = cleanName

// Names for tests that put damage in its place.
var (
	AppendRoom = appendRoom
	AppendSlot = appendSlot
	AppendItem = appendItem
	AppendID   = appendID
)

// Prefixes and keys of the key space.
const (
	PrefixFence    = prefixFence
	PrefixID       = prefixID
	PrefixKeyEntry = prefixKeyEntry
	PrefixMeta     = prefixMeta
	PrefixRecord   = prefixRecord
	KeyFormat      = keyFormat
	KeyLife        = keyLife
	FormatVersion  = formatVersion
	MaxSweptItems  = maxSweptItems
)

// Waiting returns how many calls wait for the commit under way.
func (s *Store) Waiting() int {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	return len(s.gate.waiters)
}
