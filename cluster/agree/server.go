package agree

import (
	"fmt"
	"strings"

	"github.com/hashicorp/raft"
)

// Server is a member of the Raft group. It is a node together with its Raft
// store: a node whose disk was emptied is another server, which has never
// voted.
type Server struct {
	Node    string
	Store   string // id of the Raft store
	Address string // host:port
	Voter   bool
}

// id returns the server's id in Raft, which is told apart by the last dot.
func (s Server) id() raft.ServerID { return raft.ServerID(s.Node + "." + s.Store) }

// address returns the server's address in Raft: with its id in it, so that
// whoever dials knows whose certificate to demand, and reaches this server or
// none. Raft itself does not say whom a request is for, and a node whose disk was
// emptied would vote once more in the place of the server that it was.
func (s Server) address() raft.ServerAddress {
	return raft.ServerAddress(string(s.id()) + "@" + s.Address)
}

// splitID returns the node and the store of a server's id.
func splitID(id raft.ServerID) (node, store string) {
	i := strings.LastIndexByte(string(id), '.')
	if i < 0 {
		return string(id), ""
	}
	return string(id[:i]), string(id[i+1:])
}

// splitAddress returns the id and the host:port of a server's address.
func splitAddress(a raft.ServerAddress) (id raft.ServerID, address string) {
	i := strings.LastIndexByte(string(a), '@')
	if i < 0 {
		return "", string(a)
	}
	return raft.ServerID(a[:i]), string(a[i+1:])
}

func fromRaft(s raft.Server) Server {
	node, store := splitID(s.ID)
	_, address := splitAddress(s.Address)
	return Server{Node: node, Store: store, Address: address, Voter: s.Suffrage == raft.Voter}
}

// addresses tells Raft where servers are now, which their own settings may not.
type addresses func(node string) (hostport string, ok bool)

// ServerAddr implements raft.ServerAddressProvider.
func (a addresses) ServerAddr(id raft.ServerID) (raft.ServerAddress, error) {
	node, store := splitID(id)
	hostport, ok := a(node)
	if !ok {
		return "", fmt.Errorf("nobody knows where %s is", node)
	}
	return Server{Node: node, Store: store, Address: hostport}.address(), nil
}
