package fault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/history"
	"github.com/parlor-sse/parlor/cmd/parlor/faults/run"
)

// smallDisk is the size of the disk that disk-full fills, in bytes.
const smallDisk = 128 << 20

// disks are the faults of what nodes keep.
func disks() []Kind {
	return []Kind{
		{
			Name: "disk-full", About: "the disk of one node has no space left", Nodes: 3, SmallDisk: smallDisk, Hold: 15 * time.Second,
			Inject: fillDisk,
		},
		{
			Name: "fsync-error", About: "the disk of one node takes writes and fails to sync them", Nodes: 3, FailingDisk: true,
			Hold: 2 * time.Second, Inject: failSync,
		},
		damage("torn-wal", "kill -9 of a node, whose newest log then lacks its last bytes", tear),
		damage("flipped-wal", "kill -9 of a node, whose newest log then has a bit flipped", flip),
		damage("empty-disk", "kill -9 of a node, whose data is then gone", func(_ *Stage, n *run.Node) (string, error) {
			return n.Name, os.RemoveAll(n.Data)
		}),
	}
}

// damage is a fault that does something to the data of a node that was killed.
// Healing starts it again. A node may see the damage and refuse to start: then
// its disk is emptied, as an operator would do.
func damage(name, about string, do func(*Stage, *run.Node) (string, error)) Kind {
	return Kind{
		Name: name, About: about, Nodes: 3, Hold: 2 * time.Second,
		Inject: func(ctx context.Context, s *Stage) (Scope, error) {
			node, _, err := s.owner(ctx)
			if err != nil {
				return Scope{}, err
			}
			scope := kill("", node)
			scope.Note, err = do(s, node)
			scope.Heal = func(ctx context.Context) error { return s.replaceDisk(ctx, node) }
			return scope, err
		},
	}
}

// replaceDisk starts a node, without its data if it will not have them.
func (s *Stage) replaceDisk(ctx context.Context, n *run.Node) error {
	began := s.Recorder.Now()
	err := restart(ctx, []*run.Node{n})
	if !errors.Is(err, run.ErrEnded) {
		return err
	}
	if err := os.RemoveAll(n.Data); err != nil {
		return err
	}
	s.Recorder.Note(history.Fault{
		Name: "emptied", Start: began, End: s.Recorder.Now(), Nodes: []string{n.Name},
		Note: n.Name + " refused its disk, which was emptied",
	})
	return restart(ctx, []*run.Node{n})
}

// tear cuts 1 to 4096 bytes off the newest log.
func tear(s *Stage, n *run.Node) (string, error) {
	path, size, err := newestLog(n.Data)
	if err != nil {
		return "", err
	}
	lost := min(size, 1+s.Rand.Int64N(4096))
	return fmt.Sprintf("%s: the last %d of %d bytes of %s", n.Name, lost, size, filepath.Base(path)), os.Truncate(path, size-lost)
}

// flip changes one bit of the newest log.
func flip(s *Stage, n *run.Node) (string, error) {
	path, size, err := newestLog(n.Data)
	if err != nil {
		return "", err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return "", err
	}
	defer file.Close()
	at, bit := s.Rand.Int64N(size), s.Rand.IntN(8)
	b := make([]byte, 1)
	if _, err := file.ReadAt(b, at); err != nil {
		return "", err
	}
	b[0] ^= 1 << bit
	_, err = file.WriteAt(b, at)
	return fmt.Sprintf("%s: bit %d of byte %d of %d of %s", n.Name, bit, at, size, filepath.Base(path)), errors.Join(err, file.Sync())
}

// newestLog finds the write-ahead log that was written last and holds anything.
func newestLog(dir string) (path string, size int64, err error) {
	var newest time.Time
	err = filepath.WalkDir(dir, func(p string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(p) != ".log" {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Size() > 0 && info.ModTime().After(newest) {
			path, size, newest = p, info.Size(), info.ModTime()
		}
		return err
	})
	if err == nil && path == "" {
		err = fmt.Errorf("there is no log in %s", dir)
	}
	return path, size, err
}

// fillDisk leaves no space on the small disk; healing gives it back, and starts
// the node again if it has stopped.
func fillDisk(_ context.Context, s *Stage) (Scope, error) {
	nodes := s.Cluster.Nodes()
	node := nodes[len(nodes)-1]
	ballast := filepath.Join(node.Data, "ballast")
	if err := fill(ballast); err != nil {
		return Scope{}, err
	}
	return Scope{
		Nodes: []string{node.Name}, Note: node.Name,
		Heal: func(ctx context.Context) error {
			if err := os.Remove(ballast); err != nil {
				return err
			}
			if node.Running() {
				return nil
			}
			return restart(ctx, []*run.Node{node})
		},
	}, nil
}

// endTime bounds how long a node may go on with a disk that fails.
const endTime = 30 * time.Second

// failSync fills the disk below the last node's, so that the next sync fails,
// and waits for the node to end: what a disk holds after that nobody knows.
// Healing gives the node an empty disk in place of the one that failed.
func failSync(ctx context.Context, s *Stage) (Scope, error) {
	nodes := s.Cluster.Nodes()
	node := nodes[len(nodes)-1]
	if err := fill(filepath.Join(node.Data+".below", "ballast")); err != nil {
		return Scope{}, err
	}
	wait, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	code, err := node.Wait(wait)
	if err != nil {
		return Scope{}, fmt.Errorf("%s goes on though its disk fails: %w", node.Name, err)
	}
	if code == 0 {
		return Scope{}, fmt.Errorf("%s ended as if all were well", node.Name)
	}
	return Scope{
		Nodes: []string{node.Name}, Note: fmt.Sprintf("%s ended with %d", node.Name, code),
		Heal: func(ctx context.Context) error {
			if err := run.UnmountDisk(node.Data); err != nil {
				return err
			}
			return restart(ctx, []*run.Node{node})
		},
	}, nil
}

// fill writes to a file until the disk is full.
func fill(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	block := make([]byte, 64<<10)
	for range 2 * smallDisk / len(block) {
		if _, err := file.Write(block); err != nil {
			// The rest of the block may fit in part, down to single bytes.
			if block = block[:len(block)/2]; len(block) == 0 {
				return nil
			}
		}
	}
	return errors.New("the disk did not get full")
}
