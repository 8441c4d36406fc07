package serve

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/parlor-sse/parlor/cluster/certs"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

// config is the configuration of a server, checked: every value lies
// within its bounds and no two contradict each other.
type config struct {
	listen string // host:port of the public address; port 0 picks one
	admin  string // host:port of the admin address; empty without one
	data   string // directory
	node   string // [A-Za-z0-9._-]{1,64}

	durability string // fsync or memory; in a cluster quorumFsync or quorumMemory

	cluster       string          // host:port of gossip, agreement and actors on the next two ports; empty for a node on its own
	clusterName   string          // [A-Za-z0-9._-]{1,64}
	join          []string        // host:port of other nodes' gossip, perhaps of this one's too
	expect        int             // nodes that a new cluster begins with, 1 to cluster.MaxExpect
	roles         []string        // of front and room; both on a node on its own
	replicas      int             // copies of a room, 1 to cluster.MaxReplicas
	deadAfter     time.Duration   // for which a node is missing before it is replaced
	clusterCert   string          // file; empty with the next two for plain text
	clusterKey    string          // file
	clusterCA     string          // file
	gossipKeyFile string          // file; empty for plain text
	identity      *certs.Identity // from the three files; nil without
	gossipKeys    [][]byte        // from the file, the first encrypts; nil without

	history       int           // messages kept a room, 1 to 1000
	update        time.Duration // between update events; 0 sends none
	heartbeat     time.Duration // without other bytes, before a heartbeat; 1s or more
	queueMessages int           // that a stream may lag behind; 1 or more
	queueBytes    int           // likewise
	slow          string        // close, gap or latest: what happens to a stream that lags more
	idle          time.Duration // before a room that nobody uses goes to sleep; positive
	drain         time.Duration // over which streams are closed at the end; 0 closes them at once

	corsOrigins []string // "*" alone, or scheme://host[:port] in lower case
	hosts       []string // names that requests may be addressed to; empty for any
	insecure    bool     // may listen beyond loopback without authentication

	tlsCert     string // file; empty without TLS
	tlsKey      string // file
	certificate *tls.Certificate

	access access
	sinks  sinkConfig

	streamsPerIP   int // 1 or more
	maxConnections int // 0 for what the descriptor limit allows

	logFormat string // text or json
	logLevel  slog.Level

	readyFD int // descriptor that is told the addresses once serving; -1 for none
}

// loadConfig gathers the configuration from the command line, the
// environment and the configuration file, in this order of precedence, over
// the defaults. It sets the program's own flags as well. The error is
// flag.ErrHelp after help was asked for and printed to stdout, else it joins a
// cli.UsageError for each thing that is wrong.
func loadConfig(p Program, args []string, stdout io.Writer) (config, error) {
	table := settings(p)
	flags, err := flagLayer(p, table, args, stdout)
	if err != nil {
		return config{}, err
	}
	env, envErr := environLayer(table, p.environ())
	layers := []layer{flags, env}

	var fileErr error
	if path, _ := lookup(layers, configKey); len(path.values) > 0 {
		var file layer
		file, fileErr = fileLayer(table, path.values[0])
		layers = append(layers, file)
	}
	cfg := config{node: defaultNode()}
	cfg.sinks.defaultTopic = p.KafkaTopic
	refused, applyErr := apply(table, layers, &cfg)
	return cfg, errors.Join(envErr, fileErr, applyErr, cfg.check(refused))
}

// refuse returns a cli.UsageError about one setting.
func refuse(key, format string, args ...any) error {
	return cli.Usagef("%s: %s", key, fmt.Sprintf(format, args...))
}

// layer holds what one source of configuration says, by key.
type layer map[string]given

// given is what was said of one setting.
type given struct {
	values []string // in order; a setting that is no list counts the last
	origin string   // where it was said, for complaints
}

// lookup returns what the first layer that speaks of a key says.
func lookup(layers []layer, key string) (given, bool) {
	for _, l := range layers {
		if g, ok := l[key]; ok {
			return g, true
		}
	}
	return given{}, false
}

// apply sets every setting from the first layer that has it, or to its default.
// It returns the keys of those whose values will not do.
func apply(table []setting, layers []layer, cfg *config) (refused map[string]bool, err error) {
	var bad []error
	refused = make(map[string]bool)
	for _, s := range table {
		g, ok := lookup(layers, s.key)
		if !ok {
			if s.def == "" {
				continue
			}
			g = given{values: []string{s.def}, origin: "default"}
		}
		for _, value := range g.values {
			if err := s.set(cfg, value); err != nil {
				refused[s.key] = true
				bad = append(bad, refuse(s.key, "%v (set by %s)", err, g.origin))
			}
		}
	}
	return refused, errors.Join(bad...)
}

// defaultNode derives a node's name from the host's.
func defaultNode() string {
	host, err := os.Hostname()
	if err != nil {
		return "parlor"
	}
	return nodeName(host)
}

// nodeName makes a valid node name of any text.
func nodeName(text string) string {
	name := []byte(text[:min(len(text), maxNodeName)])
	for i, c := range name {
		if !nodeByte(c) {
			name[i] = '-'
		}
	}
	if len(name) == 0 {
		return "parlor"
	}
	return string(name)
}
