package auth

import (
	"encoding/json"
	"time"
)

// Claims is what a verified token says. It must not be changed.
type Claims struct {
	Subject string    // the user; may be empty
	Expires time.Time // zero for never, which only a Verifier of Config.Lasting allows
	Token   [16]byte  // tells tokens apart without being one: the beginning of its SHA-256

	// Subscribe and Publish name the rooms that may be listened to and published
	// to: exact names, or a prefix followed by "*"; object ids, which are names as
	// well, have no prefix but the empty one. Kinds are those of the rooms; nil
	// stands for the default kind alone, and "*" for all.
	Subscribe []string
	Publish   []string
	Kinds     []string
	Presence  bool // may see who listens to the rooms of Subscribe

	Payload json.RawMessage // the whole payload as it was signed
}
