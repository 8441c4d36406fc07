package gossip

import "errors"

var (
	// ErrClosed is returned by every method that can fail after Close.
	ErrClosed = errors.New("gossip is closed")

	// ErrMeta is returned for metadata that cannot be spread: too long, or
	// with text that is not printable.
	ErrMeta = errors.New("unusable metadata")

	// ErrMalformed is returned for metadata that no node of this version or a
	// compatible one has encoded.
	ErrMalformed = errors.New("malformed metadata")

	// ErrVersion is returned for metadata of a newer, incompatible format.
	ErrVersion = errors.New("metadata of an unknown version")

	// ErrKey is returned for a key that is not 16, 24 or 32 bytes long, that is
	// not in use, or that may not be removed, and for a change from plain
	// gossip to encrypted or back, which a running node cannot make.
	ErrKey = errors.New("unusable gossip key")

	// ErrKeyFile is returned for a key file that is open to others, has no
	// keys, or holds a line that is no key.
	ErrKeyFile = errors.New("unusable gossip key file")
)
