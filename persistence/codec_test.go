package persistence_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"reflect"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

// codec is one of the stored forms, with its value behind an any.
type codec struct {
	name   string
	append func(dst []byte, v any) []byte
	decode func([]byte) (any, error)
	values []any
}

func codecs() []codec {
	full := persistence.Lineage{}
	for i := range uint64(persistence.MaxSpans) {
		full = append(full, persistence.Span{Epoch: math.MaxUint64 - 100 + i, First: math.MaxUint64 - 50 + i})
	}
	return []codec{{
		name:   "record",
		append: func(dst []byte, v any) []byte { r := v.(persistence.Record); return persistence.AppendRecord(dst, &r) },
		decode: func(b []byte) (any, error) { return persistence.DecodeRecord(b) },
		values: []any{
			persistence.Record{Data: []byte{}},
			persistence.Record{Position: persistence.Position{Epoch: 7, Seq: 42}, Time: 1_700_000_000_123, Event: "broadcast", Data: []byte(`{"a":1}`)},
			persistence.Record{Position: persistence.Position{Epoch: math.MaxUint64, Seq: math.MaxUint64}, Time: math.MinInt64, Event: "\u00e9\x00", Data: bytes.Repeat([]byte("x"), 70_000)},
		},
	}, {
		name:   "meta",
		append: func(dst []byte, v any) []byte { m := v.(persistence.Meta); return persistence.AppendMeta(dst, &m) },
		decode: func(b []byte) (any, error) { return persistence.DecodeMeta(b) },
		values: []any{
			persistence.Meta{Last: persistence.Position{Epoch: 7, Seq: 42}, Slots: 10, Lineage: persistence.Lineage{{Epoch: 7, First: 1}}},
			persistence.Meta{Last: persistence.Position{Epoch: full.Current(), Seq: math.MaxUint64}, Slots: math.MaxUint32, Lineage: full},
		},
	}, {
		name: "key entry",
		append: func(dst []byte, v any) []byte {
			e := v.(persistence.KeyEntry)
			return persistence.AppendKeyEntry(dst, &e)
		},
		decode: func(b []byte) (any, error) { return persistence.DecodeKeyEntry(b) },
		values: []any{
			persistence.KeyEntry{},
			persistence.KeyEntry{Slot: math.MaxUint32, Hash: [16]byte{1, 15: 2}, Body: [16]byte{3, 15: 4}, At: persistence.Position{Epoch: 7, Seq: 42}, Time: -1},
		},
	}, {
		name:   "life",
		append: func(dst []byte, v any) []byte { return persistence.AppendLife(dst, v.(persistence.Life)) },
		decode: func(b []byte) (any, error) { return persistence.DecodeLife(b) },
		values: []any{
			persistence.Life{Epoch: 1},
			persistence.Life{Epoch: math.MaxUint64, Past: []uint64{0, 1, math.MaxUint64}},
		},
	}, {
		name:   "fence",
		append: func(dst []byte, v any) []byte { f := v.(persistence.Fence); return persistence.AppendFence(dst, &f) },
		decode: func(b []byte) (any, error) { return persistence.DecodeFence(b) },
		values: []any{
			persistence.Fence{},
			persistence.Fence{Promised: 5, Holder: 4, Ring: 3, Accepted: 2, AcceptedRing: 1, Birth: 6},
			persistence.Fence{
				Promised: math.MaxUint64, Holder: math.MaxUint64, Ring: math.MaxUint64,
				Accepted: math.MaxUint64, AcceptedRing: math.MaxUint64, Birth: math.MaxUint64,
			},
		},
	}}
}

// reseal gives a changed frame a checksum that matches.
func reseal(b []byte) []byte {
	body := b[:len(b)-4]
	return binary.LittleEndian.AppendUint32(bytes.Clone(body), crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
}

func TestCodecRoundTrip(t *testing.T) {
	for _, c := range codecs() {
		for i, v := range c.values {
			b := c.append([]byte("before"), v)
			if !bytes.HasPrefix(b, []byte("before")) {
				t.Fatalf("%s %d: what was there is gone", c.name, i)
			}
			got, err := c.decode(b[len("before"):])
			if err != nil || !reflect.DeepEqual(got, v) {
				t.Errorf("%s %d: got %+v, %v, want %+v", c.name, i, got, err, v)
			}
		}
	}
}

func TestCodecNoticesDamage(t *testing.T) {
	for _, c := range codecs() {
		for i, v := range c.values {
			b := c.append(nil, v)
			if len(b) > 1000 {
				continue
			}
			for n := range len(b) {
				if _, err := c.decode(b[:n]); !errors.Is(err, persistence.ErrCorrupt) {
					t.Errorf("%s %d cut to %d bytes: %v", c.name, i, n, err)
				}
			}
			for bit := range 8 * len(b) {
				damaged := bytes.Clone(b)
				damaged[bit/8] ^= 1 << (bit % 8)
				if _, err := c.decode(damaged); !errors.Is(err, persistence.ErrCorrupt) {
					t.Errorf("%s %d with bit %d flipped: %v", c.name, i, bit, err)
				}
			}
		}
	}
}

// TestCodecShape has frames whose checksum is right and whose fields are not.
func TestCodecShape(t *testing.T) {
	for _, c := range codecs() {
		b := c.append(nil, c.values[len(c.values)-1])
		body := b[:len(b)-4]
		frame := func(parts ...[]byte) []byte {
			return reseal(append(bytes.Join(parts, nil), 0, 0, 0, 0))
		}
		for name, test := range map[string]struct {
			frame []byte
			want  error
		}{
			"newer version": {frame(body[:1], []byte{200}, body[2:]), persistence.ErrFormat},
			"version zero":  {frame(body[:1], []byte{0}, body[2:]), persistence.ErrCorrupt},
			"other tag":     {frame([]byte{'?'}, body[1:]), persistence.ErrCorrupt},
			"trailing byte": {frame(body, []byte{0}), persistence.ErrCorrupt},
			"missing byte":  {frame(body[:len(body)-1]), persistence.ErrCorrupt},
			"no fields":     {frame(body[:2]), persistence.ErrCorrupt},
			"no tag":        {frame(), persistence.ErrCorrupt},
			"long number":   {frame(body[:2], bytes.Repeat([]byte{0xff}, 11), body[2:]), persistence.ErrCorrupt},
		} {
			if _, err := c.decode(test.frame); !errors.Is(err, test.want) {
				t.Errorf("%s, %s: %v, want %v", c.name, name, err, test.want)
			}
		}
	}
}

// TestCodecTrustsNoLength has lengths that no input could hold.
func TestCodecTrustsNoLength(t *testing.T) {
	huge := binary.AppendUvarint(nil, math.MaxUint64)
	record := append([]byte{'R', 1, 1, 1, 0}, huge...)
	meta := append([]byte{'M', 1, 1, 1, 1}, huge...)
	life := append([]byte{'L', 1, 1}, huge...)
	for name, b := range map[string][]byte{"record": record, "meta": meta, "life": life} {
		frame := reseal(append(b, 0, 0, 0, 0))
		for _, c := range codecs() {
			if c.name != name {
				continue
			}
			if _, err := c.decode(frame); !errors.Is(err, persistence.ErrCorrupt) {
				t.Errorf("%s: %v, want ErrCorrupt", name, err)
			}
		}
	}
}

// TestNumbersHaveOneForm refuses a number written longer than it need be.
func TestNumbersHaveOneForm(t *testing.T) {
	short := []byte{'L', 1, 5, 0}
	long := []byte{'L', 1, 0x85, 0x00, 0}
	if _, err := persistence.DecodeLife(reseal(append(short, 0, 0, 0, 0))); err != nil {
		t.Fatal(err)
	}
	if _, err := persistence.DecodeLife(reseal(append(long, 0, 0, 0, 0))); !errors.Is(err, persistence.ErrCorrupt) {
		t.Errorf("got %v, want ErrCorrupt", err)
	}
}

func TestDecodeMetaChecksItsParts(t *testing.T) {
	good := persistence.Meta{
		Last:    persistence.Position{Epoch: 9, Seq: 20},
		Slots:   10,
		Lineage: persistence.Lineage{{Epoch: 7, First: 1}, {Epoch: 9, First: 15}},
	}
	for name, spoil := range map[string]func(*persistence.Meta){
		"no slots":       func(m *persistence.Meta) { m.Slots = 0 },
		"no message":     func(m *persistence.Meta) { m.Last.Seq = 0 },
		"no lineage":     func(m *persistence.Meta) { m.Lineage = nil },
		"epochs fall":    func(m *persistence.Meta) { m.Lineage = persistence.Lineage{{9, 1}, {9, 15}} },
		"firsts fall":    func(m *persistence.Meta) { m.Lineage = persistence.Lineage{{7, 15}, {9, 15}} },
		"foreign epoch":  func(m *persistence.Meta) { m.Last.Epoch = 8 },
		"too many spans": func(m *persistence.Meta) { m.Lineage = make(persistence.Lineage, persistence.MaxSpans+1) },
	} {
		m := good
		spoil(&m)
		if _, err := persistence.DecodeMeta(persistence.AppendMeta(nil, &m)); !errors.Is(err, persistence.ErrCorrupt) {
			t.Errorf("%s: %v, want ErrCorrupt", name, err)
		}
	}
}

func TestDecodeFenceChecksItsParts(t *testing.T) {
	good := persistence.Fence{Promised: 9, Holder: 1, Ring: 4, Accepted: 9, AcceptedRing: 4, Birth: 2}
	for name, spoil := range map[string]func(*persistence.Fence){
		"follows more than it promised": func(f *persistence.Fence) { f.Promised-- },
		"follows a ring to come":        func(f *persistence.Fence) { f.Ring-- },
	} {
		f := good
		spoil(&f)
		if _, err := persistence.DecodeFence(persistence.AppendFence(nil, &f)); !errors.Is(err, persistence.ErrCorrupt) {
			t.Errorf("%s: %v, want ErrCorrupt", name, err)
		}
	}
}

func TestDecodeLast(t *testing.T) {
	m := persistence.Meta{Last: persistence.Position{Epoch: 7, Seq: 20}, Slots: 10, Lineage: persistence.Lineage{{Epoch: 7, First: 1}}}
	b := persistence.AppendMeta(nil, &m)
	if p, err := persistence.DecodeLast(b); err != nil || p != m.Last {
		t.Errorf("got %v, %v, want %v", p, err, m.Last)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = persistence.DecodeLast(b) }); n != 0 {
		t.Errorf("DecodeLast allocates %v times", n)
	}
	b[5] ^= 1
	if _, err := persistence.DecodeLast(b); !errors.Is(err, persistence.ErrCorrupt) {
		t.Errorf("damaged: %v, want ErrCorrupt", err)
	}
}
