package actors

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/parlor-sse/parlor/actors/sse"
)

// Kind is a sort of room. Every node of a cluster that may own rooms has to have
// the same kinds.
type Kind struct {
	Name string // 1 to MaxKindLen bytes of the letters of room names; not DefaultKind

	// New makes the behaviour of a room that is woken. It may be called from any
	// goroutine and must not block; what takes time belongs into Start.
	New func() any

	Update  time.Duration // between two Update calls while somebody listens; 0 for none
	Private bool          // its rooms are reached by programs and other rooms only, never by clients
	Unnamed bool          // updates have no event name, so that EventSource's onmessage gets them
	Storage int           // bytes of keys and values that one room may store; 0 for DefaultStorage
	Limit   time.Duration // that one call may take; 0 for DefaultLimit
}

// builtIn begins the names of kinds that are there for the system's own use.
const builtIn = "parlor."

const (
	// MaxKindLen bounds the name of a kind, in bytes.
	MaxKindLen = 64
	// DefaultStorage is what a room may store if its kind sets no bound, in bytes.
	DefaultStorage = 32 << 20
	// MaxStorage bounds Kind.Storage: a room's storage is in memory while it is
	// awake, on each node that keeps a copy.
	MaxStorage = 128 << 20
	// DefaultLimit is how long a call may take if its kind sets no bound.
	DefaultLimit = 30 * time.Second
)

// withDefaults returns the kind with everything set.
func (k Kind) withDefaults() Kind {
	if k.Storage == 0 {
		k.Storage = DefaultStorage
	}
	if k.Limit == 0 {
		k.Limit = DefaultLimit
	}
	return k
}

// validate reports everything that is wrong with the kind.
func (k Kind) validate() error {
	var errs []error
	check := func(ok bool, complaint string) {
		if !ok {
			errs = append(errs, fmt.Errorf("kind %q: %s", k.Name, complaint))
		}
	}
	check(ParseKind(k.Name) == nil, fmt.Sprintf("the name is not 1 to %d letters of room names", MaxKindLen))
	check(k.Name != DefaultKind, "the name is that of the default kind")
	check(!strings.HasPrefix(k.Name, builtIn), "names that begin with "+builtIn+" are those of built-in kinds")
	check(k.New != nil, "New is required")
	check(k.Update >= 0, "Update must not be negative")
	check(k.Storage >= 0 && k.Storage <= MaxStorage, fmt.Sprintf("Storage must be 0 to %d", MaxStorage))
	check(k.Limit >= 0, "Limit must not be negative")
	return errors.Join(errs...)
}

// ParseKind reports as ErrBadKind what cannot be the name of a kind.
func ParseKind(name string) error {
	if len(name) == 0 || len(name) > MaxKindLen {
		return fmt.Errorf("%w: 1 to %d bytes", ErrBadKind, MaxKindLen)
	}
	for i := range len(name) {
		if !sse.NameByte(name[i]) {
			return fmt.Errorf("%w: byte %d is not one of A-Z a-z 0-9 . _ : ~ @ -", ErrBadKind, i)
		}
	}
	return nil
}
