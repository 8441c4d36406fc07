package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"

	"github.com/parlor-sse/parlor/actors"
	"github.com/parlor-sse/parlor/cmd/serve/cli"
	"github.com/parlor-sse/parlor/httpfront"
	"github.com/parlor-sse/parlor/persistence"
	"github.com/parlor-sse/parlor/persistence/pebblestore"
)

// takeReady is the first step: later the number could stand for a file that the
// node itself has opened.
func (n *Node) takeReady(context.Context) error {
	ready, err := openReady(n.cfg.readyFD)
	if err != nil || ready == nil {
		return err
	}
	n.onClose(func() { _ = ready.Close() })
	n.ready = ready
	return nil
}

// listen takes the addresses first: they are what most often is not free.
func (n *Node) listen(ctx context.Context) error {
	ln, err := httpfront.Listen(ctx, "tcp", n.cfg.listen)
	if err != nil {
		return fmt.Errorf("public address: %w", err)
	}
	n.onClose(func() { _ = ln.Close() })
	n.public = ln
	if n.cfg.certificate != nil {
		n.public = tls.NewListener(ln, &tls.Config{
			Certificates: []tls.Certificate{*n.cfg.certificate},
			MinVersion:   tls.VersionTLS12,
			NextProtos:   []string{"http/1.1"},
		})
	}
	if n.cfg.admin == "" {
		return nil
	}
	if n.admin, err = (&net.ListenConfig{}).Listen(ctx, "tcp", n.cfg.admin); err != nil {
		return fmt.Errorf("admin address: %w", err)
	}
	n.onClose(func() { _ = n.admin.Close() })
	return nil
}

// openStore opens the data directory and the commit pipeline over it.
func (n *Node) openStore(context.Context) error {
	store, err := pebblestore.Open(n.cfg.data, pebblestore.Config{
		History: n.cfg.history, Sync: n.cfg.durability == fsync || n.cfg.durability == quorumFsync,
		Leaving: actors.StillToDeliver, Logger: n.log, Registerer: n.registry, Fatal: n.die,
	})
	if err != nil {
		return dataError(err)
	}
	n.onClose(func() {
		if err := store.Close(); err != nil {
			n.log.Error("store not closed cleanly", "err", err)
		}
	})
	committer, err := persistence.OpenCommitter(store, persistence.CommitterConfig{
		Failed: n.die, Registerer: n.registry,
	})
	if err != nil {
		return err
	}
	n.onClose(func() { _ = committer.Close() })
	n.store, n.committer = store, committer
	return nil
}

// errData marks what only another directory, or another program, can mend.
var errData = errors.New("unusable data directory")

// dataError marks err with errData if it is of that sort.
func dataError(err error) error {
	for _, sort := range []error{
		persistence.ErrLocked, persistence.ErrFormat, fs.ErrPermission, fs.ErrNotExist, syscall.ENOTDIR, syscall.EROFS,
	} {
		if errors.Is(err, sort) {
			return fmt.Errorf("%w: %w", errData, err)
		}
	}
	return err
}

// die ends the process when the disk can no longer be trusted: what was not
// acknowledged is of unknown fate, and a failed fsync must not be tried again.
func (n *Node) die(err error) {
	n.log.Error("the disk failed; stopping at once", "err", err)
	os.Exit(cli.ExitFailure)
}
