package auth

import (
	"slices"
	"strings"

	"github.com/parlor-sse/parlor/actors"
)

// maxPatterns bounds each list of a token's grants.
const maxPatterns = 100

// Grants is the claim "parlor" of a token. Lists and meanings are those of the
// fields of the same names in Claims; a token without the claim grants nothing.
type Grants struct {
	Subscribe []string `json:"subscribe,omitempty"`
	Publish   []string `json:"publish,omitempty"`
	Presence  bool     `json:"presence,omitempty"`
	Kinds     []string `json:"kinds,omitempty"`
}

// check returns what is wrong with the grants, or "".
func (g *Grants) check() string {
	for _, list := range [][]string{g.Subscribe, g.Publish, g.Kinds} {
		if len(list) > maxPatterns {
			return "the token's grants have a list of more than 100"
		}
	}
	if slices.ContainsFunc(g.Subscribe, badPattern) || slices.ContainsFunc(g.Publish, badPattern) {
		return "the token's grants have a pattern that no room's name is like"
	}
	if slices.ContainsFunc(g.Kinds, badKind) {
		return "the token's grants have a kind that can't be"
	}
	// An empty list would be easily taken for none, which stands for the default kind.
	if g.Kinds != nil && len(g.Kinds) == 0 {
		return "the token's grants have an empty list of kinds"
	}
	return ""
}

// badPattern reports that no room's name is like the pattern.
func badPattern(pattern string) bool {
	prefix, wild := strings.CutSuffix(pattern, "*")
	if wild && prefix == "" {
		return false
	}
	_, err := actors.ParseRoom(prefix)
	return err != nil
}

func badKind(kind string) bool { return kind != "*" && actors.ParseKind(kind) != nil }

// MaySubscribe reports whether the room of that kind may be listened to. The
// room is named as the caller names it, by its name or its object id, for which
// only the id itself and "*" stand.
func (c *Claims) MaySubscribe(kind, room string) bool {
	return c.reaches(kind) && matches(c.Subscribe, room)
}

// MayPublish reports whether the room of that kind may be published to.
func (c *Claims) MayPublish(kind, room string) bool {
	return c.reaches(kind) && matches(c.Publish, room)
}

// MaySeeSubscribers reports whether it may be asked who listens to the room of
// that kind.
func (c *Claims) MaySeeSubscribers(kind, room string) bool {
	return c.Presence && c.MaySubscribe(kind, room)
}

// All reports whether every room of the default kind, at least, may be listened
// to, which is the right to lists of rooms and members.
func (c *Claims) All() bool {
	return c.reaches(actors.DefaultKind) && slices.Contains(c.Subscribe, "*")
}

// reaches reports whether the grants are for rooms of that kind.
func (c *Claims) reaches(kind string) bool {
	if c.Kinds == nil {
		return kind == actors.DefaultKind
	}
	return slices.Contains(c.Kinds, kind) || slices.Contains(c.Kinds, "*")
}

// matches reports whether one of the patterns stands for the room. The beginning
// of a name is not that of an object id: everybody can work out the id of any
// name, and one that happens to begin alike would open the room of another.
func matches(patterns []string, room string) bool {
	for _, p := range patterns {
		prefix, wild := strings.CutSuffix(p, "*")
		switch {
		case room == p, p == "*":
			return true
		case wild && strings.HasPrefix(room, prefix) && !likeObjectID(room):
			return true
		}
	}
	return false
}

// likeObjectID reports whether a room's name has the form of an object id, which
// is never taken for a name.
func likeObjectID(room string) bool {
	return len(room) == idDigits && strings.Trim(room, "0123456789abcdefABCDEF") == ""
}

// idDigits is the length of an object id.
const idDigits = 64
