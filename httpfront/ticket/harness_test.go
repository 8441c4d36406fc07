package ticket

import (
	"context"
	"log/slog"
	"net"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/cluster/clustertest"
	"github.com/parlor-sse/parlor/cluster/remoting"
	"github.com/parlor-sse/parlor/httpfront/auth"
	"github.com/parlor-sse/parlor/persistence"
)

// patience bounds every wait of a test; it is only reached when the test fails.
const patience = 20 * time.Second

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// open starts a node over store until the test ends.
func open(t *testing.T, store persistence.Store, kind actors.Kind, change func(*actors.Config)) *actors.System {
	t.Helper()
	committer, err := persistence.OpenCommitter(store, persistence.CommitterConfig{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := actors.DefaultConfig()
	cfg.Node, cfg.Ring = "n1", cluster.Alone("n1")
	cfg.Store, cfg.Committer = store, committer
	cfg.Logger = slog.New(slog.DiscardHandler)
	cfg.Kinds = []actors.Kind{kind}
	change(&cfg)
	sys, err := actors.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = committer.Close()
		sys.Close()
	})
	return sys
}

func memory() persistence.Store {
	return persistence.NewMemoryStore(persistence.MemoryConfig{History: 10})
}

// alone starts one node whose tickets last so long, so many in a room.
func alone(t *testing.T, life time.Duration, limit int) *actors.System {
	t.Helper()
	return open(t, memory(), kindOf(life, limit), func(*actors.Config) {})
}

// fleet starts three nodes of one ring.
func fleet(t *testing.T) []*actors.System {
	t.Helper()
	names := []string{"a", "b", "c"}
	netw := clustertest.New(t, nil, names...)
	stores := make(map[string]persistence.Store)
	for _, name := range names {
		stores[name] = memory()
		netw.Node(name).Config.Life = stores[name].Life().Epoch
		netw.Start(name)
	}
	systems := make([]*actors.System, 0, len(names))
	for _, name := range names {
		node := netw.Node(name)
		host, port, err := net.SplitHostPort(node.Config.Bind)
		if err != nil {
			t.Fatal(err)
		}
		p, err := strconv.Atoi(port)
		if err != nil {
			t.Fatal(err)
		}
		systems = append(systems, open(t, stores[name], Kind(), func(c *actors.Config) {
			c.Node, c.Ring, c.Cluster, c.Incarnation = name, nil, node.Cluster, node.Config.Incarnation
			c.Durability = actors.DurabilityQuorumMemory
			c.Remote = &remoting.Config{Bind: net.JoinHostPort(host, strconv.Itoa(p+2))}
		}))
	}
	netw.Ring(names...)
	return systems
}

// claims are what a token of the user says.
func claims(user string) *auth.Claims {
	return &auth.Claims{
		Subject: user, Expires: time.Unix(4_000_000_000, 5).UTC(), Token: [16]byte{1, 2, 3},
		Subscribe: []string{"a", "news-*"}, Publish: []string{"b"}, Presence: true,
		Payload: []byte(`{ "sub":"` + user + `", "html": "<b>" }`),
	}
}

func sameClaims(t *testing.T, got, want *auth.Claims) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
