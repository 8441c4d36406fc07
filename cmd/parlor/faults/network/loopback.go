package network

import (
	"fmt"
	"os"
)

// Loopback gives hosts addresses of 127.0.0.0/8. They depend on the process, so
// that two runs on one machine do not meet.
type Loopback struct{}

// Kind implements Network.
func (Loopback) Kind() string { return "loopback" }

// Host implements Network.
func (Loopback) Host(i int) (string, error) {
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.%d", 64+pid>>8&63, pid&255, i+1), nil
}

// Hub implements Network.
func (l Loopback) Hub() string {
	hub, _ := l.Host(maxHosts)
	return hub
}

// Command implements Network.
func (Loopback) Command(_ int, args []string) []string { return args }

// Block implements Network: it is ErrNoLinks.
func (Loopback) Block(int, int) error { return ErrNoLinks }

// Lose implements Network: it is ErrNoLinks.
func (Loopback) Lose(int, float64) error { return ErrNoLinks }

// Heal implements Network.
func (Loopback) Heal() error { return nil }
