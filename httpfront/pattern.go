package httpfront

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// pattern is a form of paths: segments that are as they are written, {name} for
// any one segment, and {name...}, last, for all that is left.
type pattern struct {
	text     string
	segments []segment
	loose    bool // {name} also stands for an empty segment
}

// segment is what stands between two slashes of a pattern.
type segment struct {
	kind segmentKind
	text string // the segment itself, or the name of what it stands for
}

// segmentKind says what a segment matches. The later one matches more.
type segmentKind uint8

const (
	literal segmentKind = iota
	single              // one segment
	rest                // all that is left, be it empty
)

// parsePattern reads a pattern. A literal is compared with paths as they come,
// so that it may hold nothing that a client would escape.
func parsePattern(text string, loose bool) (pattern, error) {
	p := pattern{text: text, loose: loose}
	path, ok := strings.CutPrefix(text, "/")
	if !ok {
		return p, fmt.Errorf("pattern %q does not begin with a slash", text)
	}
	parts := strings.Split(path, "/")
	for i, part := range parts {
		s, err := parseSegment(part)
		switch {
		case err != nil:
			return p, fmt.Errorf("pattern %q: %w", text, err)
		case s.kind == rest && i < len(parts)-1:
			return p, fmt.Errorf("pattern %q: something follows {%s...}", text, s.text)
		case s.kind != literal && p.index(s.text) >= 0:
			return p, fmt.Errorf("pattern %q has {%s} twice", text, s.text)
		}
		p.segments = append(p.segments, s)
	}
	return p, nil
}

func parseSegment(part string) (segment, error) {
	name, ok := strings.CutPrefix(part, "{")
	if !ok {
		if i := strings.IndexFunc(part, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`{}%?#`, r) }); i >= 0 {
			return segment{}, fmt.Errorf("character %q", part[i])
		}
		return segment{literal, part}, nil
	}
	name, ok = strings.CutSuffix(name, "}")
	name, many := strings.CutSuffix(name, "...")
	if !ok || !validName(name) {
		return segment{}, fmt.Errorf("segment %q is neither {name} nor {name...}", part)
	}
	if many {
		return segment{rest, name}, nil
	}
	return segment{single, name}, nil
}

// exact reports whether only one path matches.
func (p *pattern) exact() bool {
	return !slices.ContainsFunc(p.segments, func(s segment) bool { return s.kind != literal })
}

// match reports whether raw, a path as it came, is of this form, and returns
// what stands for the names, in their order and undecoded. Nothing is decoded or
// cleaned before, so that a path has exactly one spelling.
func (p *pattern) match(raw []byte) (values [][]byte, ok bool) {
	if len(raw) == 0 || raw[0] != '/' {
		return nil, false
	}
	left, more := raw[1:], true
	for _, s := range p.segments {
		if !more {
			return nil, false
		}
		if s.kind == rest {
			return append(values, left), true
		}
		var part []byte
		part, left, more = bytes.Cut(left, []byte{'/'})
		switch {
		case s.kind == literal && string(part) != s.text, s.kind == single && len(part) == 0 && !p.loose:
			return nil, false
		case s.kind == single:
			values = append(values, part)
		}
	}
	return values, !more
}

// index returns which of a match's values stands for name, or -1 if none does.
func (p *pattern) index(name string) int {
	i := 0
	for _, s := range p.segments {
		switch {
		case s.kind == literal:
		case s.text == name:
			return i
		default:
			i++
		}
	}
	return -1
}

// covers reports whether p matches every path that q does. That one of them is
// loose makes no difference.
func (p *pattern) covers(q *pattern) bool {
	for i, s := range p.segments {
		if i >= len(q.segments) {
			return false
		}
		other := q.segments[i]
		switch {
		case s.kind == rest:
			return true
		case other.kind > s.kind, s.kind == literal && other.text != s.text:
			return false
		case s.kind == single && other == (segment{literal, ""}) && !p.loose:
			return false
		}
	}
	return len(p.segments) == len(q.segments)
}

// overlaps reports whether there is a path that both match.
func (p *pattern) overlaps(q *pattern) bool {
	for i := range min(len(p.segments), len(q.segments)) {
		a, b := p.segments[i], q.segments[i]
		switch {
		case a.kind == rest, b.kind == rest:
			return true
		case a.kind == literal && b.kind == literal && a.text != b.text,
			a == (segment{literal, ""}) && b.kind == single && !q.loose,
			b == (segment{literal, ""}) && a.kind == single && !p.loose:
			return false
		}
	}
	return len(p.segments) == len(q.segments)
}

// narrower reports whether p matches some of the paths of q and nothing else.
func (p *pattern) narrower(q *pattern) bool { return q.covers(p) && !p.covers(q) }

// compare orders patterns so that a narrower one comes before those that cover
// it: at the first segment where they differ in kind it is the narrower.
func (p *pattern) compare(q *pattern) int {
	return slices.CompareFunc(p.segments, q.segments, func(a, b segment) int { return cmp.Compare(a.kind, b.kind) })
}
