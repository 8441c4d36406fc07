package actors

import (
	"fmt"

	"github.com/parlor-sse/parlor/actors/bulk"
	"github.com/parlor-sse/parlor/actors/replica"
	"github.com/parlor-sse/parlor/actors/wire"
	"github.com/parlor-sse/parlor/cluster"
	"github.com/parlor-sse/parlor/cluster/remoting"
)

// coreWindow is how many messages of an awake room stay in memory, at its owner
// and with its copies: what fronts miss while they find a new owner.
const coreWindow = 1024

// openCluster makes what a node needs besides to be one of several. The
// transport comes first, because processes get its address.
func (s *System) openCluster() error {
	n, cfg := s.node, s.cfg
	remote := *cfg.Remote
	remote.Node = cfg.Cluster.NodeAt
	remote.Targets = []string{roomsProcess, linksProcess, replicasProcess}
	transport, err := remoting.Open(s.actors, remote)
	if err != nil {
		return fmt.Errorf("open transport: %w", err)
	}
	n.peers = newPeers(n, cfg.Cluster)
	n.links = newLinks(n)
	n.window = max(coreWindow, cfg.History)
	rc := replica.DefaultConfig()
	rc.Node, rc.Incarnation, rc.History = cfg.Node, cfg.Incarnation, cfg.History
	rc.Window, rc.WindowBytes = n.window, windowBytes
	rc.Store, rc.Committer = cfg.Store, cfg.Committer
	rc.Configs, rc.Contact = n.place.configs, n.peers.contact
	heavy := openHeavyPost(n.peers)
	rc.Send = heavy.send
	rc.Logger, rc.Registerer = n.log, cfg.Registerer
	n.peers.bulk, err = bulk.Open(bulk.Config{
		Send:       func(node string, m wire.Message) { n.peers.send(node, replicasProcess, m) },
		Deliver:    copies{n}.deliver,
		Registerer: cfg.Registerer,
	})
	if err != nil {
		heavy.close()
		transport.Close()
		return err
	}
	if n.replicas, err = replica.Open(rc); err != nil {
		heavy.close()
		n.peers.bulk.Close()
		transport.Close()
		return err
	}
	n.ledger = quorumLedger{n}
	s.remote = transport
	s.heavy = heavy
	s.follower = newFollower(n, cfg.Cluster)
	n.handover = newHandover(n, s.follower, cfg.Cluster)
	return nil
}

// join begins to listen to other nodes, and to follow the ring.
func (s *System) join() {
	n := s.node
	_, _ = s.actors.ProcessRegistry.Add(n.links, linksProcess)
	_, _ = s.actors.ProcessRegistry.Add(copies{n}, replicasProcess)
	s.remote.OnTerminated(func(address string) {
		if node, ok := s.cfg.Cluster.NodeAt(address); ok {
			s.cfg.Cluster.Suspect(node)
			n.links.broke(node)
		}
	})
	s.follower.open()
	n.handover.open()
}

// leaveCluster ends what join began: first what asks, then what answers.
func (s *System) leaveCluster() {
	s.follower.close()
	s.remote.Close()
	s.heavy.close()
	s.node.peers.bulk.Close()
	s.node.handover.close()
}

// Members describes the ring in force and the nodes that are known besides.
func (s *System) Members() RingInfo {
	v := s.node.place.view.Load()
	if s.cfg.Cluster == nil {
		info := RingInfo{Version: v.Ring().Version(), Leader: s.cfg.Node, Rings: 1, Quorate: true, Handover: HandoverInfo{Done: true}}
		for _, m := range v.Ring().Members() {
			info.Members = append(info.Members, MemberInfo{
				Name: m.Name, Address: m.Address, Roles: roleNames(m.Roles), State: "alive", Self: m.Name == s.cfg.Node, Handover: true,
			})
		}
		return info
	}
	info := RingInfo{Quorate: s.cfg.Cluster.Quorate(), Handover: s.node.handover.info()}
	if v != nil {
		info.Version, info.Leader, info.Cluster, info.Rings = v.Ring().Version(), v.Leader, v.Cluster, len(v.Rings)
	}
	for _, m := range s.cfg.Cluster.Members() {
		info.Members = append(info.Members, MemberInfo{
			Name: m.Name, Address: m.Address, Roles: roleNames(m.Roles), State: m.State, Self: m.Self,
			HTTP: m.HTTP, Leader: m.Leader, Voter: m.Voter, Life: m.Life,
			Handover: m.Handover || info.Rings == 1, // nothing older is left to hand over
		})
	}
	return info
}

func roleNames(roles []cluster.Role) []string {
	var names []string
	for _, r := range roles {
		names = append(names, string(r))
	}
	return names
}
