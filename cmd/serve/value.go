package serve

import (
	"fmt"
	"math"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// setter reads one setting's value into the configuration.
type setter = func(cfg *config, text string) error

const (
	// minInterval keeps a typing error from making a busy loop.
	minInterval = 10 * time.Millisecond
	maxInterval = 24 * time.Hour
	maxNodeName = 64
)

// zeroRule says whether a duration of 0 is allowed though it is below the least.
type zeroRule bool

const (
	orZero  zeroRule = true
	notZero zeroRule = false
)

// complain makes the middle of a sentence about a value.
func complain(format string, args ...any) error { return fmt.Errorf(format, args...) }

func text(field func(*config) *string) setter {
	return func(c *config, value string) error {
		if value == "" {
			return complain("must not be empty")
		}
		*field(c) = value
		return nil
	}
}

// name accepts what nodes and clusters may be called.
func name(field func(*config) *string) setter {
	return func(c *config, value string) error {
		if err := CheckNode(value); err != nil {
			return err
		}
		*field(c) = value
		return nil
	}
}

// CheckNode returns what keeps a node, or a cluster, from having the name, in
// words that can follow "node: ", or nil.
func CheckNode(value string) error {
	if value == "" || nodeName(value) != value {
		return complain("%q is not 1 to %d of the characters A-Z a-z 0-9 . _ -", value, maxNodeName)
	}
	return nil
}

func oneOf(field func(*config) *string, choices ...string) setter {
	return func(c *config, value string) error {
		for _, choice := range choices {
			if value == choice {
				*field(c) = value
				return nil
			}
		}
		return complain("%q is none of %s", value, strings.Join(choices, ", "))
	}
}

func truth(field func(*config) *bool) setter {
	return func(c *config, value string) error {
		b, err := strconv.ParseBool(value)
		if err != nil {
			return complain("%q is neither true nor false", value)
		}
		*field(c) = b
		return nil
	}
}

func number(field func(*config) *int, least, most int) setter {
	return func(c *config, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < least || n > most {
			return complain("%q is not a whole number from %d to %d", value, least, most)
		}
		*field(c) = n
		return nil
	}
}

func duration(field func(*config) *time.Duration, least, most time.Duration, zero zeroRule) setter {
	return func(c *config, value string) error {
		d, err := time.ParseDuration(value)
		if err != nil {
			return complain("%q is not a duration such as 15s or 1m30s", value)
		}
		if d == 0 && zero == orZero {
			*field(c) = 0
			return nil
		}
		if d < least || d > most {
			also := ""
			if zero == orZero && least > 0 {
				also = "0 or "
			}
			return complain("%s is not %sfrom %s to %s", d, also, least, most)
		}
		*field(c) = d
		return nil
	}
}

func size(field func(*config) *int, least, most int) setter {
	return func(c *config, value string) error {
		n, err := parseSize(value)
		if err != nil {
			return err
		}
		if n < int64(least) || n > int64(most) {
			return complain("%q is not from %d to %d bytes", value, least, most)
		}
		*field(c) = int(n)
		return nil
	}
}

// parseSize reads a number of bytes: a whole number, then nothing, B, KB, MB,
// GB (powers of 1000) or KiB, MiB, GiB (powers of 1024) in any case.
func parseSize(value string) (int64, error) {
	digits := len(value) - len(strings.TrimLeft(value, "0123456789"))
	n, err := strconv.ParseInt(value[:digits], 10, 64)
	units := map[string]int64{
		"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
	}
	unit, ok := units[strings.ToLower(strings.TrimSpace(value[digits:]))]
	if err != nil || !ok || n > math.MaxInt64/unit {
		return 0, complain("%q is not a size such as 256KiB or 1MB", value)
	}
	return n * unit, nil
}

// list reads values separated by commas, and adds them to those there are.
func list(field func(*config) *[]string, check func(string) error) setter {
	return func(c *config, value string) error {
		for item := range strings.SplitSeq(value, ",") {
			item = strings.TrimSpace(item)
			if item == "" {
				return complain("must not be empty nor have empty parts")
			}
			if err := check(item); err != nil {
				return err
			}
			*field(c) = append(*field(c), item)
		}
		return nil
	}
}

// origin accepts what a browser would send, and "*". It refuses "null", which
// any sandboxed page sends.
func origin(value string) error {
	if value == "*" {
		return nil
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != value || strings.ToLower(value) != value {
		return complain("%q is not an origin of the form scheme://host[:port] in lower case", value)
	}
	return nil
}

func hostName(value string) error {
	if strings.ContainsAny(value, "/@ \t*") {
		return complain("%q is not a host name", value)
	}
	return nil
}

func address(field func(*config) *string) setter {
	return func(c *config, value string) error {
		if err := checkAddress(value); err != nil {
			return err
		}
		*field(c) = value
		return nil
	}
}

func checkAddress(value string) error {
	_, port, err := net.SplitHostPort(value)
	if err != nil {
		return complain("%q is not of the form HOST:PORT", value)
	}
	if n, err := strconv.ParseUint(port, 10, 32); err != nil || n > 65535 {
		return complain("port %q is not a number from 0 to 65535", port)
	}
	return nil
}

func nodeByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '.' || c == '_' || c == '-'
}
