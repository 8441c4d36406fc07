package cluster

import "github.com/cespare/xxhash/v2"

// holder is a member that may hold rooms.
type holder struct {
	member *Member
	hash   uint64
}

func hashName(s string) uint64 { return mix(xxhash.Sum64String(s)) }

// mix spreads every input bit over all output bits (the finalizer of
// SplitMix64). Names that differ in one digit score independently only with it.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	x ^= x >> 31
	return x
}

// score ranks a holder for a room: the highest owns it.
func score(room, holder uint64) uint64 { return mix(room ^ holder) }

// Owner returns the member that owns the room, which is the first of its home
// set, or nil if no member holds rooms. It does not allocate.
func (r *Ring) Owner(kind, name string) *Member {
	room := hashRoom(kind, name)
	var best *Member
	var top uint64
	for i := range r.holders {
		h := &r.holders[i]
		if s := score(room, h.hash); best == nil || s > top {
			best, top = h.member, s
		}
	}
	return best
}

// HomeSet appends to dst the n members with the highest scores for the room,
// best first, or all that hold rooms if they are fewer, and returns the
// extended slice. It allocates only if dst is too small.
func (r *Ring) HomeSet(dst []*Member, kind, name string, n int) []*Member {
	room := hashRoom(kind, name)
	base := len(dst)
	var scores [maxReplicas]uint64
	n = min(n, maxReplicas)
	for i := range r.holders {
		h := &r.holders[i]
		s := score(room, h.hash)
		at := len(dst) - base
		for at > 0 && s > scores[at-1] {
			at--
		}
		if at == n {
			continue
		}
		if len(dst)-base < n {
			dst = append(dst, nil)
		}
		last := len(dst) - base - 1
		copy(dst[base+at+1:], dst[base+at:base+last])
		copy(scores[at+1:last+1], scores[at:last])
		dst[base+at], scores[at] = h.member, s
	}
	return dst
}

// maxReplicas bounds a home set.
const maxReplicas = 16

// hashRoom hashes kind and name so that no two pairs share a text.
func hashRoom(kind, name string) uint64 {
	return mix(hashName(kind) + xxhash.Sum64String(name))
}
