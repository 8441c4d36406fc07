package network

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

const (
	bridge = "bridge0"
	subnet = "10.99.0."
	// hubAddress is the harness's own.
	hubAddress = subnet + "254"
)

// Namespaces is a network of namespaces. It is made inside Enter.
type Namespaces struct {
	hosts map[int]bool
}

// NewNamespaces sets up the bridge.
func NewNamespaces() (Network, error) {
	// What is mounted from here on stays inside, and goes when the harness does.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return nil, fmt.Errorf("make mounts private: %w", err)
	}
	if err := syscall.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil {
		return nil, fmt.Errorf("mount /run: %w", err)
	}
	if err := syscall.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return nil, fmt.Errorf("mount /proc: %w", err)
	}
	if err := os.Mkdir("/run/netns", 0o755); err != nil {
		return nil, err
	}
	return &Namespaces{hosts: make(map[int]bool)}, all(
		"ip link set lo up",
		"ip link add "+bridge+" type bridge",
		"ip addr add "+hubAddress+"/24 dev "+bridge,
		"ip link set "+bridge+" up",
	)
}

// Kind implements Network.
func (*Namespaces) Kind() string { return "namespaces" }

func space(i int) string   { return fmt.Sprintf("host%d", i) }
func address(i int) string { return fmt.Sprintf("%s%d", subnet, i+1) }

// Host implements Network.
func (n *Namespaces) Host(i int) (string, error) {
	if i < 0 || i >= maxHosts {
		return "", fmt.Errorf("host %d is none of 0 to %d", i, maxHosts-1)
	}
	if n.hosts[i] {
		return address(i), nil
	}
	name, cable := space(i), fmt.Sprintf("cable%d", i)
	err := all(
		"ip netns add "+name,
		"ip link add "+cable+" type veth peer name eth0 netns "+name,
		"ip link set "+cable+" master "+bridge+" up",
		"ip -n "+name+" addr add "+address(i)+"/24 dev eth0",
		"ip -n "+name+" link set eth0 up",
		"ip -n "+name+" link set lo up",
	)
	n.hosts[i] = err == nil
	return address(i), err
}

// Hub implements Network.
func (*Namespaces) Hub() string { return hubAddress }

// Command implements Network.
func (*Namespaces) Command(i int, args []string) []string {
	return append([]string{"ip", "netns", "exec", space(i)}, args...)
}

// Block implements Network.
func (n *Namespaces) Block(from, to int) error {
	return all(rule(to, "-A INPUT -s "+address(from)+" -j DROP"))
}

// Lose implements Network.
func (n *Namespaces) Lose(to int, share float64) error {
	var lines []string
	for from := range n.hosts {
		if from != to {
			lines = append(lines, rule(to, fmt.Sprintf(
				"-A INPUT -s %s -m statistic --mode random --probability %.4f -j DROP", address(from), share)))
		}
	}
	return all(lines...)
}

// Heal implements Network.
func (n *Namespaces) Heal() error {
	var lines []string
	for i := range n.hosts {
		lines = append(lines, rule(i, "-F INPUT"))
	}
	return all(lines...)
}

// rule is the command that changes what a host lets in.
func rule(host int, text string) string {
	return "ip netns exec " + space(host) + " iptables -w " + text
}

// all runs commands up to the first that fails.
func all(lines ...string) error {
	for _, line := range lines {
		words := strings.Fields(line)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", line, err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}

// Root reports whether this process may do what only root of the whole machine
// may: in a namespace of users, root is root of the namespace.
func Root() bool {
	ids, err := os.ReadFile("/proc/self/uid_map")
	fields := strings.Fields(string(ids))
	return err == nil && os.Geteuid() == 0 && len(fields) == 3 && fields[0] == fields[1]
}
