package serve

import (
	"context"
	"runtime/debug"
	"slices"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/actors/fanout"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/httpfront/ticket"
)

// configure says how rooms and servers are to be, the program last.
func (n *Node) configure(context.Context) error {
	n.roomsConfig, n.edgeConfig = n.configureRooms(), n.configureEdge()
	if n.program.Tune != nil {
		n.program.Tune(&n.edgeConfig, &n.roomsConfig)
	}
	return nil
}

func (n *Node) configureRooms() actors.Config {
	c, cfg := n.cfg, actors.DefaultConfig()
	cfg.Store, cfg.Committer = n.store, n.committer
	cfg.Node, cfg.Durability = c.node, c.durability
	if n.cluster == nil {
		cfg.Ring = cluster.Alone(c.node)
	} else {
		cfg.Cluster, cfg.Remote, cfg.Incarnation = n.cluster, n.remote(), n.incarnation
	}
	cfg.History, cfg.Update, cfg.Heartbeat, cfg.Idle = c.history, c.update, c.heartbeat, c.idle
	cfg.QueueMessages, cfg.QueueBytes = c.queueMessages, c.queueBytes
	cfg.Kinds = n.program.Kinds
	n.withSinks(&cfg)
	cfg.Logger, cfg.Registerer = n.log, n.registry
	for _, p := range []fanout.Policy{fanout.Close, fanout.Gap, fanout.Latest} {
		if p.String() == c.slow {
			cfg.Slow = p
		}
	}
	return cfg
}

func (n *Node) configureEdge() httpfront.Config {
	cfg := httpfront.Default()
	info, _ := debug.ReadBuildInfo()
	cfg.Version, cfg.Node = cli.Version(info), n.cfg.node
	cfg.Origins, cfg.Hosts = n.cfg.corsOrigins, n.cfg.hosts
	cfg.MaxStreamsPerIP, cfg.MaxConnections = n.cfg.streamsPerIP, n.cfg.maxConnections
	n.cfg.access.apply(&cfg)
	cfg.Kafka = n.kafkaStatus
	cfg.Logger, cfg.Registry = n.log, n.registry
	return cfg
}

// openRooms starts rooms and streams over the store.
func (n *Node) openRooms(context.Context) error {
	// On every node, whether it looks at tokens or not: any may own such a room.
	n.roomsConfig.Kinds = append(slices.Clip(n.roomsConfig.Kinds), ticket.Kind())
	rooms, err := actors.Open(n.roomsConfig)
	if err != nil {
		return err
	}
	n.onClose(rooms.Close)
	n.rooms = rooms
	return nil
}

// openHTTP makes the servers; run starts them.
func (n *Node) openHTTP(context.Context) error {
	if n.program.Routes != nil {
		routes, err := n.program.Routes(n)
		if err != nil {
			return err
		}
		n.edgeConfig.Routes = slices.Concat(n.edgeConfig.Routes, routes)
	}
	n.withTickets(&n.edgeConfig)
	server, err := httpfront.New(n.edgeConfig, front{n.rooms})
	if err != nil {
		return err
	}
	n.server = server
	server.SetReady(n.cluster == nil) // in a cluster, once there is a ring
	if n.admin != nil {
		n.adminSrv = httpfront.NewAdmin(server, n.registry)
	}
	return nil
}

// front shows the rooms to the HTTP edge, which names its own interfaces.
type front struct{ *actors.System }

// Subscribe implements httpfront.Rooms.
func (f front) Subscribe(ctx context.Context, r actors.SubscribeRequest) (httpfront.Stream, error) {
	sub, err := f.System.Subscribe(ctx, r)
	if err != nil {
		return nil, err
	}
	return sub, nil
}
