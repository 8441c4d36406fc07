package gossip_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/parlor-sse/parlor/cluster/gossip"
)

// full uses every field to its end.
var full = gossip.Meta{
	Cluster: strings.Repeat("c", 64), Life: math.MaxUint64, Raft: strings.Repeat("r", 160),
	Port: math.MaxUint16, Actors: math.MaxUint16, Roles: math.MaxUint8, Expect: math.MaxUint8,
	Replicas: math.MaxUint8, History: math.MaxUint16, Leaving: true, Started: math.MaxUint64,
	HTTP: "https://" + strings.Repeat("h", 192),
}

func TestMetaRoundTrip(t *testing.T) {
	for _, m := range []gossip.Meta{{}, {Started: 1}, {Roles: gossip.RoleRoom, Leaving: true}, {HTTP: "http://日本"}, full} {
		b := gossip.AppendMeta([]byte("before"), m)
		if len(b)-len("before") > gossip.MaxMeta {
			t.Errorf("%d bytes", len(b))
		}
		got, err := gossip.DecodeMeta(b[len("before"):])
		if err != nil || got != m {
			t.Errorf("got %+v, %v, not %+v", got, err, m)
		}
	}
}

// TestMetaOfLaterVersions: what a later version adds is skipped.
func TestMetaOfLaterVersions(t *testing.T) {
	b := gossip.AppendMeta(nil, full)
	b = protowire.AppendTag(b, 100, protowire.BytesType)
	b = protowire.AppendString(b, "zone")
	b = protowire.AppendTag(b, 101, protowire.VarintType)
	b = protowire.AppendVarint(b, 7)
	b = protowire.AppendTag(b, 102, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, 7)
	if got, err := gossip.DecodeMeta(b); err != nil || got != full {
		t.Errorf("got %+v, %v", got, err)
	}
	b[0]++
	if _, err := gossip.DecodeMeta(b); !errors.Is(err, gossip.ErrVersion) {
		t.Errorf("a later format: %v", err)
	}
}

func TestMetaThatIsNone(t *testing.T) {
	valid := gossip.AppendMeta(nil, gossip.Meta{Cluster: "c", Life: 1 << 40})
	number := func(field protowire.Number, n uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag([]byte{1}, field, protowire.VarintType), n)
	}
	text := func(field protowire.Number, s string) []byte {
		return protowire.AppendString(protowire.AppendTag([]byte{1}, field, protowire.BytesType), s)
	}
	tests := map[string][]byte{
		"nothing":           nil,
		"too long":          append(slices.Clone(valid), make([]byte, gossip.MaxMeta)...),
		"cut in a number":   valid[:len(valid)-1],
		"cut in a text":     {1, 0x0a, 5, 'c'},
		"a port too large":  number(4, 1<<16),
		"a role too large":  number(6, 1<<8),
		"a strange truth":   number(10, 2),
		"a text for number": text(2, "x"),
		"a number for text": number(1, 1),
		"a line feed":       text(1, "a\nb"),
		"not UTF-8":         text(12, "\xff"),
		"field zero":        number(0, 1),
	}
	for name, b := range tests {
		if m, err := gossip.DecodeMeta(b); !errors.Is(err, gossip.ErrMalformed) {
			t.Errorf("%s: got %+v, %v", name, m, err)
		}
	}
}

func FuzzDecodeMeta(f *testing.F) {
	f.Add(gossip.AppendMeta(nil, full))
	f.Add(gossip.AppendMeta(nil, gossip.Meta{}))
	f.Add([]byte{1, 0x0a, 5, 'c'})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := gossip.DecodeMeta(b)
		if err != nil {
			if !errors.Is(err, gossip.ErrMalformed) && !errors.Is(err, gossip.ErrVersion) {
				t.Fatalf("got %v", err)
			}
			return
		}
		again, err := gossip.DecodeMeta(gossip.AppendMeta(nil, m))
		if err != nil || again != m {
			t.Fatalf("got %+v, %v, not %+v", again, err, m)
		}
	})
}
