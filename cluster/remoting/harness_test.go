package remoting_test

import (
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/parlor-sse/parlor/cluster/certs"
	"github.com/parlor-sse/parlor/cluster/remoting"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon bounds waits for what has to happen.
const soon = 30 * time.Second

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(soon); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// directory says which node is at an address.
type directory struct {
	mu    sync.Mutex
	names map[string]string
}

func (d *directory) put(address, name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.names == nil {
		d.names = make(map[string]string)
	}
	d.names[address] = name
}

func (d *directory) node(address string) (string, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name, ok := d.names[address]
	return name, ok
}

// node is an actor system with a process "inbox", and its Remote.
type node struct {
	t        testing.TB
	cfg      remoting.Config
	system   *actor.ActorSystem
	remote   *remoting.Remote
	registry *prometheus.Registry
	inbox    *actor.PID
	got      chan string // what the inbox took, as text
	stopped  chan struct{}
	broken   chan string // addresses that OnTerminated was called with
}

// newSystem returns a quiet actor system.
func newSystem() *actor.ActorSystem {
	return actor.NewActorSystem(
		actor.WithDeadLetterThrottleInterval(time.Millisecond),
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }),
	)
}

// open opens a node and closes it with the test.
func open(t testing.TB, cfg remoting.Config) *node {
	t.Helper()
	n := &node{
		t: t, cfg: cfg, got: make(chan string, 100_000), stopped: make(chan struct{}), broken: make(chan string, 1000),
		registry: prometheus.NewRegistry(),
	}
	n.system = newSystem()
	cfg.Registerer, cfg.Targets = n.registry, []string{"inbox"}
	r, err := remoting.Open(n.system, cfg)
	if err != nil {
		t.Fatal(err)
	}
	n.remote = r
	r.OnTerminated(func(address string) { n.broken <- address })
	n.inbox, err = n.system.Root.SpawnNamed(actor.PropsFromFunc(n.receive), "inbox")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.close)
	return n
}

// close closes the node as often as it is called.
func (n *node) close() {
	n.remote.Close()
	if !n.system.IsStopped() {
		n.system.Shutdown()
	}
}

// receive is the inbox: it answers every message that has a sender.
func (n *node) receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case *wrapperspb.BytesValue:
		n.got <- string(m.Value)
		if ctx.Sender() != nil {
			ctx.Respond(wrapperspb.Bytes([]byte("re: " + string(m.Value))))
		}
	case *actor.Stopped:
		close(n.stopped)
	}
}

func (n *node) at(process string) *actor.PID { return actor.NewPID(n.remote.Address(), process) }

// send sends a text to a process of another node.
func (n *node) send(to *actor.PID, text string) {
	n.system.Root.Send(to, wrapperspb.Bytes([]byte(text)))
}

// ask sends a text and returns the answer.
func (n *node) ask(to *actor.PID, text string) (string, error) {
	answer, err := n.system.Root.RequestFuture(to, wrapperspb.Bytes([]byte(text)), soon).Result()
	if err != nil {
		return "", err
	}
	return string(answer.(*wrapperspb.BytesValue).Value), nil
}

// asks sends a text until it is answered: the first ones may be lost.
func (n *node) asks(to *actor.PID, text string) {
	n.t.Helper()
	eventually(n.t, "an answer to "+text, func() bool {
		answer, err := n.system.Root.RequestFuture(to, wrapperspb.Bytes([]byte(text)), 300*time.Millisecond).Result()
		if err != nil {
			return false
		}
		b, ok := answer.(*wrapperspb.BytesValue)
		return ok && string(b.Value) == "re: "+text
	})
}

// alive wants the inbox to be there still.
func (n *node) alive() {
	n.t.Helper()
	if answer, err := n.ask(n.inbox, "alive?"); err != nil || answer != "re: alive?" {
		n.t.Fatalf("inbox: %q, %v", answer, err)
	}
	<-n.got
}

// counted returns the value of a metric with the reason, or without labels.
func (n *node) counted(name, label string) int {
	n.t.Helper()
	families, err := n.registry.Gather()
	if err != nil {
		n.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "parlor_remote_"+name {
			continue
		}
		for _, m := range f.GetMetric() {
			if len(m.GetLabel()) == 0 && label == "" || len(m.GetLabel()) == 1 && m.GetLabel()[0].GetValue() == label {
				return int(m.GetCounter().GetValue() + m.GetGauge().GetValue())
			}
		}
	}
	return 0
}

func (n *node) wantCount(name, label string, want int) {
	n.t.Helper()
	eventually(n.t, name+" "+label, func() bool { return n.counted(name, label) >= want })
}

// plain is the settings of a node without TLS.
func plain() remoting.Config { return remoting.DefaultConfig() }

// authority makes certificates.
type authority struct {
	t    *testing.T
	dir  string
	made *certs.Authority
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	made, err := certs.NewAuthority(time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{t: t, dir: t.TempDir(), made: made}
	cert, _, err := made.PEM()
	if err != nil {
		t.Fatal(err)
	}
	a.write("ca.pem", cert)
	return a
}

func (a *authority) write(name string, content []byte) string {
	a.t.Helper()
	file := filepath.Join(a.dir, name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		a.t.Fatal(err)
	}
	return file
}

func (a *authority) identity(name string) *certs.Identity {
	a.t.Helper()
	cert, key, err := a.made.Issue(name, time.Now(), time.Hour)
	if err != nil {
		a.t.Fatal(err)
	}
	id, err := certs.Load(a.write(name+".pem", cert), a.write(name+".key", key), filepath.Join(a.dir, "ca.pem"), name)
	if err != nil {
		a.t.Fatal(err)
	}
	return id
}

// secure is the settings of a node with TLS.
func secure(id *certs.Identity, d *directory) remoting.Config {
	cfg := remoting.DefaultConfig()
	cfg.Server, cfg.Client, cfg.Node = id.Server(), func(peer string) *tls.Config { return id.Client(peer) }, d.node
	return cfg
}
