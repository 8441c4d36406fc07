package persistence_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/persistence"
)

func TestPositionText(t *testing.T) {
	for text, want := range map[string]persistence.Position{
		"0-0":             {},
		"7-42":            {Epoch: 7, Seq: 42},
		"1700000000000-1": {Epoch: 1_700_000_000_000, Seq: 1},
		"10-100":          {Epoch: 10, Seq: 100},
		"18446744073709551615-18446744073709551615": {Epoch: math.MaxUint64, Seq: math.MaxUint64},
	} {
		got, err := persistence.ParsePosition(text)
		if err != nil || got != want {
			t.Errorf("ParsePosition(%q) = %v, %v, want %v", text, got, err, want)
		}
		if s := want.String(); s != text {
			t.Errorf("String of %+v is %q, want %q", want, s, text)
		}
		if s := string(want.Append([]byte("id: "))); s != "id: "+text {
			t.Errorf("Append gives %q, want %q", s, "id: "+text)
		}
	}
}

func TestParsePositionMalformed(t *testing.T) {
	for _, text := range []string{
		"", "-", "7", "7-", "-42", "7-42-1", "7--42", "--",
		"+7-42", "7-+42", "-7-42", "7 -42", "7- 42", " 7-42", "7-42 ", "7-42\n", "7-42\x00",
		"07-42", "7-042", "00-0", "0-00",
		"7.0-42", "7e1-42", "0x7-42", "7_0-42", "a-b", "7:42", "7\u201342", "\u0667-\u0664",
		"18446744073709551616-1", "1-18446744073709551616", strings.Repeat("9", 5000) + "-1",
	} {
		if got, err := persistence.ParsePosition(text); !errors.Is(err, persistence.ErrMalformedPosition) {
			t.Errorf("ParsePosition(%.40q) = %v, %v, want ErrMalformedPosition", text, got, err)
		}
	}
}

func TestPositionAppendAllocatesNothing(t *testing.T) {
	buf := make([]byte, 0, 64)
	p := persistence.Position{Epoch: math.MaxUint64, Seq: math.MaxUint64}
	if n := testing.AllocsPerRun(100, func() { buf = p.Append(buf[:0]) }); n != 0 {
		t.Errorf("Append allocates %v times", n)
	}
}
