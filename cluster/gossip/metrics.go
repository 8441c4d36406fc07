package gossip

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parlor-sse/parlor/persistence/metricset"
)

// The reasons for which something is refused. They are the values of a metric
// label and of log attributes.
const (
	reasonKey        = "key"        // encrypted with a key that is not ours, or not encrypted, or we have no keys
	reasonLabel      = "label"      // of another label
	reasonAdmit      = "admit"      // Config.Admit said no
	reasonMeta       = "meta"       // metadata that cannot be read, a name or address that cannot be
	reasonFull       = "full"       // more peers than can be kept
	reasonBusy       = "busy"       // too many exchanges at a time
	reasonUnreadable = "unreadable" // bytes that are no gossip, or were cut off
)

// metrics are what this node counts of the gossip.
type metrics struct {
	set *metricset.Set

	suspicions  prometheus.Counter
	refutations prometheus.Counter
	joins       prometheus.Counter
	deaths      prometheus.Counter
	leaves      prometheus.Counter
	conflicts   prometheus.Counter
	dropped     prometheus.Counter
	refused     *prometheus.CounterVec
	rejoins     *prometheus.CounterVec
}

// newMetrics registers the metrics with r, unless r is nil. peers returns how
// many are alive.
func newMetrics(r prometheus.Registerer, peers func() int) (*metrics, error) {
	set := metricset.New("gossip")
	m := &metrics{
		set:         set,
		suspicions:  set.Counter("suspicions_total", "Peers that did not answer this node's probes."),
		refutations: set.Counter("refutations_total", "Times that others took this node for dead."),
		joins:       set.Counter("joins_total", "Peers that came, or came back."),
		deaths:      set.Counter("deaths_total", "Peers that went without taking their leave."),
		leaves:      set.Counter("leaves_total", "Peers that took their leave."),
		conflicts:   set.Counter("conflicts_total", "Claims of a name that is in use at another address."),
		dropped:     set.Counter("dropped_total", "Messages dropped because too many were waiting."),
		refused:     set.CounterVec("refused_total", "Messages, exchanges and peers refused, by reason.", "reason"),
		rejoins:     set.CounterVec("rejoins_total", "Exchanges with seeds and lost peers, by result.", "result"),
	}
	set.Gauge("peers", "Nodes alive, this one included.", func() float64 { return float64(peers()) })
	return m, set.Register(r)
}
