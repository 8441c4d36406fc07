package persistence_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"reflect"
	"slices"
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
		values: metas(full),
	}, {
		name: "key entry",
		append: func(dst []byte, v any) []byte {
			e := v.(persistence.KeyEntry)
			return persistence.AppendKeyEntry(dst, &e)
		},
		decode: func(b []byte) (any, error) { return persistence.DecodeKeyEntry(b) },
		values: []any{
			persistence.KeyEntry{},
			persistence.KeyEntry{Slot: 1, Turn: math.MaxUint64, Answer: bytes.Repeat([]byte("a"), persistence.MaxAnswerBytes)},
			persistence.KeyEntry{
				Slot: math.MaxUint32, Hash: [16]byte{1, 15: 2}, Body: [16]byte{3, 15: 4},
				Turn: 9, At: persistence.Position{Epoch: 7, Seq: 42}, Time: -1, Answer: []byte(`{"n":1}`),
			},
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

// metas are of rooms of all sorts; full is a lineage that ends near the last
// numbers.
func metas(full persistence.Lineage) []any {
	last := persistence.Position{Epoch: full.Current(), Seq: math.MaxUint64}
	return []any{
		evenMeta(),
		persistence.Meta{Head: persistence.Head{Turn: math.MaxUint64, Last: last, Lineage: full}, Slots: math.MaxUint32},
		persistence.Meta{Head: persistence.Head{Turn: 1, Uneven: true}, Slots: 1},
		persistence.Meta{Head: persistence.Head{
			Turn: 3, Uneven: true, Last: persistence.Position{Epoch: 7, Seq: 42}, Lineage: persistence.Lineage{{Epoch: 7, First: 1}},
			Alarm: persistence.Alarm{At: math.MaxInt64, Retry: math.MaxUint32}, Items: 1 << 20, Bytes: 1 << 30,
		}, Slots: 10},
	}
}

// evenMeta is that of a room whose every turn was a message.
func evenMeta() persistence.Meta {
	return persistence.Meta{Head: persistence.Head{
		Turn: 42, Last: persistence.Position{Epoch: 7, Seq: 42}, Lineage: persistence.Lineage{{Epoch: 7, First: 1}},
	}, Slots: 10}
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

// TestCodecReadsTheVersionBefore has values as a program stored them to which
// every turn was a message.
func TestCodecReadsTheVersionBefore(t *testing.T) {
	hash, body := bytes.Repeat([]byte{1}, 16), bytes.Repeat([]byte{2}, 16)
	for _, test := range []struct {
		codec string
		body  []byte
		want  any
	}{
		{"meta", []byte{'M', 1, 7, 42, 10, 1, 7, 1}, evenMeta()},
		{
			"key entry", slices.Concat([]byte{'K', 1, 3}, hash, body, []byte{7, 42, 4}),
			persistence.KeyEntry{
				Slot: 3, Hash: [16]byte(hash), Body: [16]byte(body), Turn: 42, At: persistence.Position{Epoch: 7, Seq: 42}, Time: 2,
			},
		},
	} {
		for _, c := range codecs() {
			if c.name != test.codec {
				continue
			}
			got, err := c.decode(reseal(append(test.body, 0, 0, 0, 0)))
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("%s: got %+v, %v, want %+v", c.name, got, err, test.want)
			}
		}
	}
}

// TestCodecTrustsNoLength has lengths that no input could hold.
func TestCodecTrustsNoLength(t *testing.T) {
	huge := binary.AppendUvarint(nil, math.MaxUint64)
	for name, b := range map[string][]byte{
		"record":    append([]byte{'R', 1, 1, 1, 0}, huge...),
		"meta":      append([]byte{'M', 2, 1, 1, 1, 0}, huge...),
		"key entry": append(append([]byte{'K', 2, 1}, make([]byte, 32)...), append([]byte{1, 1, 1, 1}, huge...)...),
		"life":      append([]byte{'L', 1, 1}, huge...),
	} {
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
	good := persistence.Meta{Head: persistence.Head{
		Turn: 30, Uneven: true, Last: persistence.Position{Epoch: 9, Seq: 20},
		Lineage: persistence.Lineage{{Epoch: 7, First: 1}, {Epoch: 9, First: 15}},
		Alarm:   persistence.Alarm{At: 1, Retry: 1}, Items: 3, Bytes: 3,
	}, Slots: 10}
	if _, err := persistence.DecodeMeta(persistence.AppendMeta(nil, &good)); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*persistence.Meta){
		"no slots":           func(m *persistence.Meta) { m.Slots = 0 },
		"no turn":            func(m *persistence.Meta) { m.Turn = 0 },
		"no message":         func(m *persistence.Meta) { m.Last.Seq = 0 },
		"even, no message":   func(m *persistence.Meta) { m.Head = persistence.Head{} },
		"lineage of nothing": func(m *persistence.Meta) { m.Last = persistence.Position{} },
		"no lineage":         func(m *persistence.Meta) { m.Lineage = nil },
		"epochs fall":        func(m *persistence.Meta) { m.Lineage = persistence.Lineage{{9, 1}, {9, 15}} },
		"firsts fall":        func(m *persistence.Meta) { m.Lineage = persistence.Lineage{{7, 15}, {9, 15}} },
		"foreign epoch":      func(m *persistence.Meta) { m.Last.Epoch = 8 },
		"too many spans":     func(m *persistence.Meta) { m.Lineage = make(persistence.Lineage, persistence.MaxSpans+1) },
		"early alarm":        func(m *persistence.Meta) { m.Alarm.At = -1 },
		"tries of no alarm":  func(m *persistence.Meta) { m.Alarm.At = 0 },
		"items of no bytes":  func(m *persistence.Meta) { m.Bytes = 2 },
		"bytes of no items":  func(m *persistence.Meta) { m.Items = 0 },
		"too many bytes":     func(m *persistence.Meta) { m.Bytes = persistence.MaxStorageBytes + 1 },
	} {
		m := good
		spoil(&m)
		if got, err := persistence.DecodeMeta(persistence.AppendMeta(nil, &m)); !errors.Is(err, persistence.ErrCorrupt) {
			t.Errorf("%s: %+v, %v, want ErrCorrupt", name, got, err)
		}
	}
	// The byte that tells an even head from an uneven one is 0 or 1.
	m := evenMeta()
	b := persistence.AppendMeta(nil, &m)
	b[5] = 2
	if got, err := persistence.DecodeMeta(reseal(b)); !errors.Is(err, persistence.ErrCorrupt) {
		t.Errorf("neither even nor uneven: %+v, %v, want ErrCorrupt", got, err)
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
	m := evenMeta()
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
