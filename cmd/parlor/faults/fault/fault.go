package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/broker"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/client"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/network"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/run"
)

// Kind is one fault.
type Kind struct {
	Name  string
	About string
	Nodes int  // how many it takes at least
	Spare int  // nodes that it adds for a while
	Links bool // it cuts links, which takes namespaces
	// SmallDisk, in bytes, is how large the disk of the last node is; 0 for that
	// of the machine. It takes namespaces, whose mounts go by themselves.
	SmallDisk int
	// FailingDisk gives the last node a disk that can be made to fail, which takes
	// namespaces, root, and mkfs.ext4.
	FailingDisk bool
	Broker      bool          // the nodes hand what they take to a Kafka broker
	Hold        time.Duration // from when it is in force until it is undone
	// Inject does it, and returns when it is in force.
	Inject func(context.Context, *Stage) (Scope, error)
}

// Scope is what Inject did.
type Scope struct {
	Nodes    []string // whose clients may notice
	Isolated []string // that reach no other node
	Note     string
	Heal     func(context.Context) error // undoes it; nil if there is nothing to undo
}

// Stage is what a fault works with. It belongs to one goroutine.
type Stage struct {
	Cluster  *run.Cluster
	Network  network.Network
	Nodes    *client.Nodes // what clients know; faults that add nodes tell them
	Observer *client.Observer
	Recorder *history.Recorder
	Broker   *broker.Broker // nil if there is none
	Rooms    []string
	Rand     *rand.Rand
}

// All returns every fault, in the order of the report.
func All() []Kind {
	return slices.Concat(kills(), pauses(), cuts(), disks(), churn(), attacks(), brokers())
}

// CI returns the names of the faults that a change has to pass, a few minutes
// together.
func CI() []string {
	return []string{"quiet", "kill-owner", "kill-all", "zombie", "owner-cut", "torn-wal", "empty-disk", "rolling-restart", "broker-away"}
}

// Find returns the fault of that name.
func Find(name string) (Kind, bool) {
	all := All()
	at := slices.IndexFunc(all, func(k Kind) bool { return k.Name == name })
	if at < 0 {
		return Kind{}, false
	}
	return all[at], true
}

// Missing says why a fault can't be done with so many nodes on a network; empty
// if it can.
func (k Kind) Missing(nodes int, n network.Network) string {
	namespaces := n.Kind() == "namespaces"
	switch {
	case nodes < k.Nodes:
		return fmt.Sprintf("takes %d nodes", k.Nodes)
	case k.Links && !namespaces:
		return "takes links that can be cut, so network namespaces, ip and iptables"
	case k.SmallDisk > 0 && !namespaces:
		return "takes a disk of its own, so namespaces"
	case k.FailingDisk && (!namespaces || !network.Root()):
		return "takes a disk that can be made to fail, so namespaces and root"
	}
	return ""
}

// settleTime bounds how long the cluster may take to be whole again.
const settleTime = 60 * time.Second

// agree waits until the nodes that clients know are a whole cluster.
func (s *Stage) agree(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	return s.Observer.Agree(ctx)
}

// victim returns some node.
func (s *Stage) victim() *run.Node {
	nodes := s.Cluster.Nodes()
	return nodes[s.Rand.IntN(len(nodes))]
}

// owner returns the node that owns some room, as another node says.
func (s *Stage) owner(ctx context.Context) (*run.Node, string, error) {
	room := s.Rooms[s.Rand.IntN(len(s.Rooms))]
	told, err := s.Observer.Owner(ctx, s.Nodes.Pick(s.Rand, ""), room)
	if err != nil {
		return nil, "", err
	}
	node := s.Cluster.Node(told.Owner)
	if node == nil {
		return nil, "", fmt.Errorf("room %s is owned by %q, which is no node", room, told.Owner)
	}
	return node, room, nil
}

// leader returns the node that leads the cluster, as some node says.
func (s *Stage) leader(ctx context.Context) (*run.Node, error) {
	ring, err := s.Observer.Ring(ctx, s.Nodes.Pick(s.Rand, ""))
	if err != nil {
		return nil, err
	}
	node := s.Cluster.Node(ring.Leader)
	if node == nil {
		return nil, fmt.Errorf("the leader is %q, which is no node", ring.Leader)
	}
	return node, nil
}

// others returns the nodes besides these.
func (s *Stage) others(these ...*run.Node) []*run.Node {
	return slices.DeleteFunc(s.Cluster.Nodes(), func(n *run.Node) bool { return slices.Contains(these, n) })
}

func names(nodes []*run.Node) []string {
	var list []string
	for _, n := range nodes {
		list = append(list, n.Name)
	}
	return list
}
