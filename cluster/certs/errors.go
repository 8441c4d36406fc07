package certs

import (
	"errors"
	"fmt"
)

var (
	// ErrEmpty reports a file that holds nothing of what is looked for.
	ErrEmpty = errors.New("there is none in it")
	// ErrTooLarge reports a file that is too large to be what it should be.
	ErrTooLarge = fmt.Errorf("it is larger than %d bytes", maxFile)
	// ErrKeyMismatch reports a key that is not the certificate's.
	ErrKeyMismatch = errors.New("it does not fit the certificate")
	// ErrName reports a certificate that is for somebody else, or for several.
	ErrName = errors.New("wrong name")
	// ErrExpired reports a certificate that is no longer valid.
	ErrExpired = errors.New("expired")
	// ErrNotYet reports a certificate that is not valid yet. The clock may be wrong.
	ErrNotYet = errors.New("not valid yet")
	// ErrAuthority reports a certificate that no trusted authority vouches for.
	ErrAuthority = errors.New("not signed by the cluster's authority")
	// ErrUsage reports a certificate that may not be used on both ends of a
	// connection, as a node's is.
	ErrUsage = errors.New("not made for both servers and clients")
	// ErrNoPeer reports a connection whose other end has shown no certificate.
	ErrNoPeer = errors.New("the peer has shown no certificate")
)

// Content is what one of an identity's files should hold.
type Content string

// The contents of an identity's files.
const (
	Certificate Content = "certificate"
	Key         Content = "key"
	Authorities Content = "authorities"
)

// FileError says which of an identity's files is at fault.
type FileError struct {
	File string // as it was given to Load
	What Content
	Err  error
}

// Error returns one sentence without its full stop.
func (e *FileError) Error() string { return fmt.Sprintf("%s in %s: %v", e.What, e.File, e.Err) }

// Unwrap returns what is wrong with the file.
func (e *FileError) Unwrap() error { return e.Err }
