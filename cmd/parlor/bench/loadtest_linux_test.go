package bench

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// crowdAt puts 200 streams on two servers, in two stages, with messages every 20 ms.
// The servers know nothing of each other: each delivers what it was given.
func crowdAt(t *testing.T, first, second *fake, args ...string) (string, error) {
	t.Helper()
	var urls []string
	for _, f := range []*fake{first, second} {
		server := httptest.NewServer(f.handler())
		t.Cleanup(server.Close)
		urls = append(urls, server.URL)
	}
	args = append([]string{
		"--nodes", strings.Join(urls, ","), "--streams", "50,200", "--rate", "50", "--ramp", "200ms", "--duration", "300ms",
	}, args...)
	output, _, err := run(t, t.Context(), args...)
	return output, err
}

func TestLoad(t *testing.T) {
	const secret = "a.b.c"
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := crowdAt(t, &fake{token: secret}, &fake{token: secret}, "--token-file", file)
	if err != nil || strings.Count(output, "pass\n") != 4 || strings.Contains(output, "FAIL") {
		t.Errorf("%v\n%s", err, output)
	}
	for _, want := range []string{"    50 streams: 50 open", "   200 streams: 200 open", "100.00 %", " 0 of them not accepted"} {
		if !strings.Contains(output, want) {
			t.Errorf("no %q in\n%s", want, output)
		}
	}
	if strings.Contains(output, secret) {
		t.Error("the token is printed")
	}
}

func TestLoadMisses(t *testing.T) {
	for name, test := range map[string]struct {
		first, second *fake
		want          string // a line of the output, without the columns
		err           error
	}{
		"a server is full":      {&fake{full: 81}, &fake{}, "connection success rate 90.00 % > 95 % FAIL", ErrThresholds},
		"nobody may":            {&fake{token: "x"}, &fake{token: "x"}, "response time, 95th percentile none < 5 s FAIL", ErrThresholds},
		"nobody hears anything": {&fake{every: 1}, &fake{every: 1}, "time to first event, 95th percentile", ErrThresholds},
		"messages are lost":     {&fake{every: 3}, &fake{}, "connection errors 0 < 500 pass", ErrWrongDeliveries},
	} {
		t.Run(name, func(t *testing.T) {
			output, err := crowdAt(t, test.first, test.second)
			if !errors.Is(err, test.err) || !strings.Contains(strings.Join(strings.Fields(output), " "), test.want) {
				t.Errorf("%v\n%s", err, output)
			}
			if test.err == ErrThresholds && !strings.Contains(output, "FAIL") {
				t.Errorf("nothing failed:\n%s", output)
			}
		})
	}
}

func TestShare(t *testing.T) {
	for _, n := range []int{0, 1, 5, 6, 50_000} {
		sum := 0
		for i := range 6 {
			sum += share(n, 6, i)
		}
		if sum != n {
			t.Errorf("the shares of %d are %d", n, sum)
		}
	}
}
