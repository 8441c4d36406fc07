package kafka_test

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/parlor-sse/parlor/actors/kafka"
)

func logTo(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

const password = "correct-horse"

// secured starts a broker that wants TLS and a password, and returns how to reach
// it.
func secured(t *testing.T, mechanism string) kafka.Config {
	t.Helper()
	server := httptest.NewTLSServer(nil) // for its certificate, which is good for 127.0.0.1
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	broker := brokers(t, kfake.SeedTopics(1, "out"), kfake.EnableSASL(), kfake.Superuser(strings.ToUpper(mechanism), "alice", password),
		kfake.TLS(&tls.Config{Certificates: server.TLS.Certificates}))
	cfg := config(t, broker.ListenAddrs()...)
	var err error
	if cfg.TLS, err = kafka.TLSFiles(ca, "", ""); err != nil {
		t.Fatal(err)
	}
	cfg.SASL = kafka.SASL{Mechanism: mechanism, User: "alice", Password: password}
	return cfg
}

func TestSecured(t *testing.T) {
	for _, mechanism := range []string{kafka.MechanismPlain, kafka.MechanismScramSHA256, kafka.MechanismScramSHA512} {
		t.Run(mechanism, func(t *testing.T) {
			cfg := secured(t, mechanism)
			if err := deliver(t, produce(t, cfg, nil), room("a"), messages(1, 3)); err != nil {
				t.Fatal(err)
			}
			wantInOrder(t, read(t, cfg, "out", 3), 1, 3)
			for name, spoil := range map[string]func(*kafka.Config){
				"wrong password": func(c *kafka.Config) { c.SASL.Password = "wrong-" + password },
				"no password":    func(c *kafka.Config) { c.SASL = kafka.SASL{} },
				"no TLS":         func(c *kafka.Config) { c.TLS = nil },
				"system's roots": func(c *kafka.Config) { c.TLS = &tls.Config{} },
			} {
				var log journal
				bad := cfg
				bad.Logger = logTo(&log)
				spoil(&bad)
				p := produce(t, bad, func(c *kafka.ProducerConfig) { c.Delivery = 100 * time.Millisecond })
				if err := deliver(t, p, room("a"), messages(4, 4)); err == nil {
					t.Errorf("%s: it was delivered", name)
				}
				eventually(t, name+" is logged", func() error {
					if !strings.Contains(log.String(), "no broker answers") {
						return fmt.Errorf("the log says\n%s", log.String())
					}
					return nil
				})
				if p.Connected() || strings.Contains(log.String(), password) {
					t.Errorf("%s: connected: %v; the log says\n%s", name, p.Connected(), log.String())
				}
			}
		})
	}
}

// TestNoSecrets prints a configuration in all ways.
func TestNoSecrets(t *testing.T) {
	var log journal
	s := kafka.SASL{Mechanism: kafka.MechanismPlain, User: "alice", Password: password}
	cfg := kafka.Config{SASL: s}
	logTo(&log).Info("x", "sasl", s, "pointer", &s, "config", cfg)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "sasl", s, "brokers", []kafka.SASL{s})
	text := fmt.Sprintf("%v %+v %#v %s %v %+v", s, s, s, s, cfg, cfg) + log.String()
	if strings.Contains(text, password) || !strings.Contains(text, "alice") {
		t.Errorf("printed as\n%s", text)
	}
}

func TestTLSFiles(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, files := range [][3]string{
		{empty + "x", "", ""}, {empty, "", ""}, {"", empty, ""}, {"", "", empty}, {"", empty, empty},
	} {
		if cfg, err := kafka.TLSFiles(files[0], files[1], files[2]); err == nil || cfg != nil {
			t.Errorf("%q: %v, %v", files, cfg, err)
		}
	}
	if cfg, err := kafka.TLSFiles("", "", ""); err != nil || cfg.RootCAs != nil {
		t.Errorf("the system's: %v, %v", cfg, err)
	}
}
