package serve

import (
	"cmp"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// setting is one thing to configure. The key is its flag, its line in the
// file and, in capitals after PARLOR_, its environment variable.
type setting struct {
	key   string
	value string // placeholder in help; empty for a switch
	def   string // empty for a setting whose default is empty or not constant
	help  string
	list  bool // may be given several times, which adds up
	set   func(cfg *config, text string) error
}

// configKey is the one setting that the file itself can't have.
const configKey = "config"

// Defaults that a program may replace.
const (
	defaultListen    = "127.0.0.1:8080"
	defaultData      = "./parlor-data"
	defaultHeartbeat = 15 * time.Second
)

const envPrefix = "PARLOR_"

// env returns the name of the setting's environment variable.
func (s setting) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.key, "-", "_"))
}

// settings returns every setting of a node, in the order of help.
func settings(p Program) []setting {
	return slices.Concat(roomSettings(p), clusterSettings(), accessSettings(), sinkSettings(p), edgeSettings())
}

// roomSettings are about rooms and their streams, and what everybody needs.
func roomSettings(p Program) []setting {
	return []setting{
		{"listen", "HOST:PORT", cmp.Or(p.Listen, defaultListen), "public address; port 0 picks a free one", false,
			address(func(c *config) *string { return &c.listen })},
		{"admin", "HOST:PORT", "127.0.0.1:8081", "address of metrics, profiles and health; off for none", false,
			adminAddress},
		{"data", "DIR", cmp.Or(p.Data, defaultData), "directory that keeps the rooms", false,
			text(func(c *config) *string { return &c.data })},
		{"node", "NAME", "", "name of this server, 1 to 64 of A-Z a-z 0-9 . _ -; in a cluster no two may be alike (default: the host's name)", false,
			name(func(c *config) *string { return &c.node })},
		{"durability", "KIND", "", "what a published message outlives before it is answered: fsync (kill -9 and power loss) or memory (neither); in a cluster quorum-fsync (these, and the loss of fewer than half of its copies) or quorum-memory (the latter only) (default: fsync, in a cluster quorum-fsync)", false,
			oneOf(func(c *config) *string { return &c.durability }, fsync, memory, quorumFsync, quorumMemory)},
		{"history", "N", "10", "messages that a room keeps for those who come back, 1 to 1000", false,
			number(func(c *config) *int { return &c.history }, 1, 1000)},
		{"update", "DURATION", "3s", "time between update events; 0 sends none", false,
			duration(func(c *config) *time.Duration { return &c.update }, minInterval, maxInterval, orZero)},
		{"heartbeat", "DURATION", cmp.Or(p.Heartbeat, defaultHeartbeat).String(), "silence after which a stream gets a heartbeat, 1s or more; keep it below every proxy's idle limit", false,
			duration(func(c *config) *time.Duration { return &c.heartbeat }, time.Second, maxInterval, notZero)},
		{"queue-messages", "N", "256", "messages that a stream may lag behind", false,
			number(func(c *config) *int { return &c.queueMessages }, 1, 1<<20)},
		{"queue-bytes", "SIZE", "256KiB", "bytes that a stream may lag behind", false,
			size(func(c *config) *int { return &c.queueBytes }, 1<<10, 1<<30)},
		{"slow", "POLICY", "close", "what happens to a stream that lags more: close (it resumes), gap (skips and is told), latest (skips to the newest)", false,
			oneOf(func(c *config) *string { return &c.slow }, "close", "gap", "latest")},
		{"idle", "DURATION", "60s", "time after which a room that nobody uses goes to sleep", false,
			duration(func(c *config) *time.Duration { return &c.idle }, minInterval, maxInterval, notZero)},
		{"drain", "DURATION", "15s", "time over which streams are closed when the server stops; 0 closes them at once", false,
			duration(func(c *config) *time.Duration { return &c.drain }, 0, maxInterval, orZero)},
	}
}

// edgeSettings are about connections, logs and the process.
func edgeSettings() []setting {
	return []setting{
		{"cors-origin", "ORIGINS", "*", "origins that browsers may call from, as scheme://host[:port], comma-separated or repeated; * for all", true,
			list(func(c *config) *[]string { return &c.corsOrigins }, origin)},
		{"host", "NAMES", "", "host names that requests may be addressed to, comma-separated or repeated (default: any)", true,
			list(func(c *config) *[]string { return &c.hosts }, hostName)},
		{"insecure", "", "false", "listen beyond loopback although anybody who gets through may publish, subscribe and, without keys, join the cluster", false,
			truth(func(c *config) *bool { return &c.insecure })},
		{"tls-cert", "FILE", "", "certificate chain, PEM; together with tls-key serves HTTPS (default: plain HTTP)", false,
			text(func(c *config) *string { return &c.tlsCert })},
		{"tls-key", "FILE", "", "private key of the certificate, PEM", false,
			text(func(c *config) *string { return &c.tlsKey })},
		{"streams-per-ip", "N", "1000", "open streams of one address; loopback is exempt", false,
			number(func(c *config) *int { return &c.streamsPerIP }, 1, 1<<30)},
		{"max-connections", "N", "0", "open connections in all, streams included; 0 takes what the limit of open files allows", false,
			number(func(c *config) *int { return &c.maxConnections }, 0, 1<<30)},
		{"log-format", "FORMAT", "text", "text or json", false,
			oneOf(func(c *config) *string { return &c.logFormat }, "text", "json")},
		{"log-level", "LEVEL", "info", "least of what is logged: debug, info, warn or error", false, logLevel},
		{"ready-fd", "FD", "-1", "descriptor, 3 or more, that gets the line \"listen=ADDR admin=ADDR\" once the server serves, and is closed; -1 for none", false,
			readyFD},
		{configKey, "FILE", "", "file with lines of the form key = value, # begins a comment; the keys are these flags' names (default: no file)", false,
			func(*config, string) error { return nil }},
	}
}

func adminAddress(c *config, value string) error {
	if value == "off" {
		c.admin = ""
		return nil
	}
	if err := checkAddress(value); err != nil {
		return err
	}
	c.admin = value
	return nil
}

func logLevel(c *config, value string) error {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	level, ok := levels[value]
	if !ok {
		return complain("%q is none of debug, info, warn, error", value)
	}
	c.logLevel = level
	return nil
}

func readyFD(c *config, value string) error {
	if err := number(func(c *config) *int { return &c.readyFD }, -1, 1<<20)(c, value); err != nil {
		return err
	}
	if 0 <= c.readyFD && c.readyFD < 3 {
		return complain("%d is a standard stream, use 3 or more, or -1 for none", c.readyFD)
	}
	return nil
}
