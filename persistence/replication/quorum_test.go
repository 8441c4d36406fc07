package replication_test

import (
	"testing"

	"github.com/parlor-sse/parlor/persistence/replication"
)

// TestReadable spells answers as one letter a member: y answered, n silent, o
// answered under another life, d with a damaged copy, L silent and lost for
// good, l lost but answered.
func TestReadable(t *testing.T) {
	for answers, want := range map[string]bool{
		"y": true, "n": false, "o": true, "d": true, "L": true,
		"yy": true, "yn": true, "oy": true, "oo": true, "on": false, "nn": false, "yL": true, "oL": true,
		"yyy": true, "yyn": true, "ynn": false, "oyy": true, "oyn": false, "ooo": true, "oon": false, "dyn": false, "dyy": true,
		"yyL": true, "oyL": true, "ynL": false, "yLL": true, "oLL": true, "LLL": true, "nLL": false, "lyn": true,
		"yyyy": true, "yyyn": true, "yynn": true, "ynnn": false, "oynn": false, "oyyn": true, "oooo": true, "ooon": true, "oonn": false,
		"yyynn": true, "yynnn": false, "oyynn": false, "oyyyn": true, "ooyyn": false, "ooyyy": true, "ooooo": true, "oooon": false,
		"yyyLn": true, "oyyLn": false, "ooyyL": true, "yyLLn": false, "yyyLL": true, "oooLL": true, "yyLLL": true, "ynLLL": false,
	} {
		var a []replication.Answer
		for _, c := range answers {
			a = append(a, replication.Answer{
				Silent: c == 'n' || c == 'L', OtherLife: c == 'o', Damaged: c == 'd', Lost: c == 'l' || c == 'L',
			})
		}
		if got := replication.Readable(a); got != want {
			t.Errorf("%s: readable %v, want %v", answers, got, want)
		}
	}
}

// TestReadableSeesEveryQuorum tries every home set of up to seven, every set of
// answers and every choice of W members that may have committed a message: one
// that is readable shows the message, however its members lost what they may
// lose.
func TestReadableSeesEveryQuorum(t *testing.T) {
	for n := 1; n <= 7; n++ {
		w := n/2 + 1
		for pick := range power(3, n) {
			answers := make([]replication.Answer, n)
			for i, p := 0, pick; i < n; i, p = i+1, p/3 {
				answers[i] = replication.Answer{Silent: p%3 == 0, OtherLife: p%3 == 1}
			}
			if !replication.Readable(answers) {
				continue
			}
			for holders := range 1 << n {
				if ones(holders) != w {
					continue
				}
				sure, unsure := 0, 0
				for i, a := range answers {
					switch {
					case holders>>i&1 == 0 || a.Silent:
					case a.OtherLife:
						unsure++
					default:
						sure++
					}
				}
				if sure == 0 && unsure <= tolerated(n) {
					t.Fatalf("%d members, answers %+v, held by %b: may not be seen", n, answers, holders)
				}
			}
		}
	}
}

func power(b, n int) int {
	p := 1
	for range n {
		p *= b
	}
	return p
}

func ones(x int) int {
	n := 0
	for ; x > 0; x >>= 1 {
		n += x & 1
	}
	return n
}
