package serve

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestServeRefusesPlaces tells a server what does not fit its place, alone or in
// a cluster.
func TestServeRefusesPlaces(t *testing.T) {
	dir, foreign := certDir(t, "n1", "n2"), certDir(t, "n1")
	file := func(name string) string { return filepath.Join(dir, name) }
	in := func(args ...string) []string { return append([]string{"--cluster", "127.0.0.1:7946"}, args...) }
	keys := func(cert, key, ca string, args ...string) []string {
		return in(append([]string{"--node", "n1", "--cluster-cert", cert, "--cluster-key", key, "--cluster-ca", ca}, args...)...)
	}
	open := filepath.Join(t.TempDir(), "open.pem")
	content, err := os.ReadFile(file("n1-key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(open, content, 0o644); err != nil {
		t.Fatal(err)
	}

	checkRefusals(t, []refusal{
		{"port 0", []string{"--cluster", "127.0.0.1:0"}, nil, []string{"cluster: port 0 is not"}},
		{"no room for two more ports", []string{"--cluster", "127.0.0.1:65534"}, nil, []string{"cluster: port 65534 is not"}},
		{"no port", []string{"--cluster", "127.0.0.1"}, nil, []string{"cluster: "}},
		{"every address", []string{"--cluster", ":7946", "--insecure"}, nil, []string{`cluster: ":7946" names no one machine`}},
		{"every address, spelled out", []string{"--cluster", "[::]:7946", "--insecure"}, nil, []string{"cluster: "}},
		{"bad address and what belongs to it", []string{"--cluster", "x", "--join", "a:1", "--durability", "quorum-memory"}, nil, []string{"cluster: "}},
		{"ports of listen and admin", in("--listen", "127.0.0.1:7947", "--admin", "127.0.0.1:7948"), nil,
			[]string{"cluster: 127.0.0.1:7946 takes the ports 7946 to 7948, and listen", "cluster: 127.0.0.1:7946 takes the ports 7946 to 7948, and admin"}},
		{"name with a space", in("--cluster-name", "a b"), nil, []string{"cluster-name: "}},
		{"name too long", in("--cluster-name", strings.Repeat("n", 65)), nil, []string{"cluster-name: "}},
		{"join without a port", in("--expect", "2", "--join", "n2"), nil, []string{"join: "}},
		{"join port 0", in("--expect", "2", "--join", "n2:0"), nil, []string{"join: "}},
		{"join everybody", in("--expect", "2", "--join", "0.0.0.0:7946"), nil, []string{"join: "}},
		{"join without expect", in("--join", "n2:7946"), nil, []string{"expect: must be set"}},
		{"expect 0", in("--expect", "0"), nil, []string{"expect: "}},
		{"expect 65", in("--expect", "65", "--join", "n2:7946"), nil, []string{"expect: "}},
		{"replicas 0", in("--replicas", "0"), nil, []string{"replicas: "}},
		{"replicas 8", in("--replicas", "8"), nil, []string{"replicas: "}},
		{"an unknown role", in("--roles", "front,back"), nil, []string{"roles: "}},
		{"a role twice", in("--roles", "front,front"), nil, []string{"roles: names one twice"}},
		{"no role", in("--roles", ""), nil, []string{"roles: "}},
		{"dead too soon", in("--dead-after", "99ms"), nil, []string{"dead-after: "}},
		{"dead too late", in("--dead-after", "61m"), nil, []string{"dead-after: "}},
		{"fsync in a cluster", in("--durability", "fsync"), nil, []string{"durability: fsync is of a node on its own; a cluster has quorum-fsync"}},
		{"memory in a cluster", in("--durability", "memory"), nil, []string{"durability: memory is of a node on its own; a cluster has quorum-memory"}},
		{"no such durability in a cluster", in("--durability", "none"), nil, []string{"durability: "}},

		{"alone: quorum-memory", []string{"--durability", "quorum-memory"}, nil, []string{"durability: quorum-memory is of a cluster; a node on its own has memory"}},
		{"alone: join", []string{"--join", "n2:7946"}, nil, []string{"join: is of use only in a cluster; set cluster"}},
		{"alone: expect", nil, []string{"PARLOR_EXPECT=3"}, []string{"expect: "}},
		{"alone: front", []string{"--roles", "front"}, nil, []string{"roles: a node on its own"}},
		{"alone: room", []string{"--roles", "room"}, nil, []string{"roles: a node on its own"}},
		{"alone: keys", []string{"--cluster-cert", file("n1.pem"), "--cluster-key", "k", "--cluster-ca", "c", "--gossip-key-file", "g"}, nil,
			[]string{"cluster-cert: ", "cluster-key: ", "cluster-ca: ", "gossip-key-file: "}},

		{"beyond loopback", []string{"--cluster", "10.0.0.1:7946"}, nil,
			[]string{"cluster: 10.0.0.1:7946 can be reached from other machines, and anybody who reaches it may join; set cluster-cert, cluster-key, cluster-ca, gossip-key-file, whose"}},
		{"beyond loopback, by name", nil, []string{"PARLOR_CLUSTER=n1.example:7946"}, []string{"cluster: "}},
		{"beyond loopback without a gossip key", append(keys(file("n1.pem"), file("n1-key.pem"), file("ca.pem")), "--cluster", "10.0.0.1:7946"), nil,
			[]string{"cluster: 10.0.0.1:7946 can be reached from other machines, and anybody who reaches it may join; set gossip-key-file, whose"}},
		{"beyond loopback without certificates", []string{"--cluster", "10.0.0.1:7946", "--gossip-key-file", file("gossip.key")}, nil,
			[]string{"cluster: 10.0.0.1:7946 can be reached from other machines, and anybody who reaches it may join; set cluster-cert, cluster-key, cluster-ca, whose"}},
		{"one of three", in("--cluster-key", file("n1-key.pem")), nil, []string{"cluster-cert: must be set", "cluster-ca: must be set"}},
		{"two of three", in("--cluster-cert", file("n1.pem"), "--cluster-key", file("n1-key.pem")), nil, []string{"cluster-ca: must be set"}},
		{"two of three, insecure", in("--cluster-cert", file("n1.pem"), "--cluster-ca", file("ca.pem"), "--insecure"), nil, []string{"cluster-key: must be set"}},
		{"another node's certificate", keys(file("n2.pem"), file("n2-key.pem"), file("ca.pem")), nil, []string{"cluster-cert: "}},
		{"another node's key", keys(file("n1.pem"), file("n2-key.pem"), file("ca.pem")), nil, []string{"cluster-key: "}},
		{"a foreign authority", keys(file("n1.pem"), file("n1-key.pem"), filepath.Join(foreign, "ca.pem")), nil, []string{"cluster-cert: "}},
		{"an authority that is none", keys(file("n1.pem"), file("n1-key.pem"), file("gossip.key")), nil, []string{"cluster-ca: "}},
		{"a certificate that is not there", keys("/no", file("n1-key.pem"), file("ca.pem")), nil, []string{"cluster-cert: "}},
		{"a key for all to read", keys(file("n1.pem"), open, file("ca.pem")), nil, []string{"cluster-key: key in " + open + ": " + exposed}},
		{"gossip keys that are not there", in("--gossip-key-file", "/no"), nil, []string{"gossip-key-file: "}},
		{"gossip keys for all to read", in("--gossip-key-file", open), nil, []string{"gossip-key-file: read gossip keys: " + open + ": unusable gossip key file: " + exposed}},
		{"gossip keys that are none", in("--gossip-key-file", file("ca-key.pem")), nil, []string{"gossip-key-file: "}},
		{"a bad name and a certificate", keys(file("n1.pem"), file("n1-key.pem"), file("ca.pem"), "--node", "a b"), nil, []string{"node: "}},
	})
}

// TestServeTakesPlaces loads what is allowed, and sees what is settled.
func TestServeTakesPlaces(t *testing.T) {
	dir := certDir(t, "n1")
	secured := []string{
		"--node", "n1", "--cluster-cert", dir + "/n1.pem", "--cluster-key", dir + "/n1-key.pem",
		"--cluster-ca", dir + "/ca.pem", "--gossip-key-file", dir + "/gossip.key",
	}
	for _, tc := range []struct {
		name       string
		args       []string
		durability string
		expect     int
	}{
		{"alone", nil, "fsync", 1},
		{"alone, by a quorum of one", []string{"--durability", "quorum-fsync", "--expect", "1"}, "fsync", 1},
		{"alone, in memory", []string{"--durability", "memory"}, "memory", 1},
		{"alone after all", []string{"--cluster", ""}, "fsync", 1},
		{"roles in another order", []string{"--roles", "room", "--roles", "front"}, "fsync", 1},
		{"first of a cluster", []string{"--cluster", "127.0.0.1:7946"}, "quorum-fsync", 1},
		{"of three", []string{"--cluster", "localhost:65533", "--join", "a:1,b:2", "--join", "c:3", "--expect", "3"}, "quorum-fsync", 3},
		{"in memory", []string{"--cluster", "127.0.0.1:7946", "--durability", "quorum-memory"}, "quorum-memory", 1},
		{"a front", []string{"--cluster", "127.0.0.1:7946", "--roles", "front", "--join", "a:1", "--expect", "64"}, "quorum-fsync", 64},
		{"beyond loopback with keys", append([]string{"--cluster", "10.0.0.1:7946"}, secured...), "quorum-fsync", 1},
		{"beyond loopback without", []string{"--cluster", "n1:7946", "--insecure"}, "quorum-fsync", 1},
		{"listen on a cluster's port of another address", []string{"--cluster", "127.0.0.2:8079"}, "quorum-fsync", 1},
	} {
		cfg, err := load(t, tc.args, nil)
		if err != nil || cfg.durability != tc.durability || cfg.expect != tc.expect {
			t.Errorf("%s: durability %q, expect %d, error %v", tc.name, cfg.durability, cfg.expect, err)
		}
		if want := slices.Contains(tc.args, "--cluster-cert"); want != (cfg.identity != nil) || want != (cfg.gossipKeys != nil) {
			t.Errorf("%s: identity %v, gossip keys %d", tc.name, cfg.identity, len(cfg.gossipKeys))
		}
	}
}
