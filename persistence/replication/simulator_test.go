package replication_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/persistence/replication"
)

// flaw is a mistake in how rings are changed, outside the core.
type flaw uint8

const (
	sound           flaw = iota
	retireEarly          // drops old rings before their rooms were handed over
	retireOnAmnesia      // counts the report of a node that may have forgotten what it held
)

// world is a whole cluster in one goroutine: disks, network, rings, clients, and
// whatever goes wrong. A seed makes it do the same again.
type world struct {
	seed uint64
	rng  *rand.Rand
	err  error

	nodes  []*simNode
	net    *simNet
	rings  *simRings
	ghosts []*ghost

	replicas, history, window, windowBytes int
	plain                                  bool // every turn is one message and nothing else

	clock        uint64
	pace         uint64 // of the clock
	lives        uint64
	incarnations uint64
	tokens       uint32

	weakness replication.Weakness
	flaw     flaw
	blind    bool // checks only what clients and disks show in the end, not every step

	heard   func(replication.Event) // is told every event, if not nil
	tracing bool
	trace   []string
	step    int
}

func newWorld(seed uint64) *world {
	w := &world{seed: seed, rng: rand.New(rand.NewPCG(seed, 0)), clock: 1}
	count := 3 + w.rng.IntN(5)
	w.replicas = []int{3, 3, 3, 3, 3, 5, 5, 2, 4, 1}[w.rng.IntN(10)]
	w.history = []int{1, 3, 10}[w.rng.IntN(3)]
	w.window = w.history + []int{0, 2, 1000}[w.rng.IntN(3)]
	w.windowBytes = []int{1, 1000, 1 << 20}[w.rng.IntN(3)]
	w.plain = w.rng.IntN(3) == 0
	rooms := 1 + w.rng.IntN(2)
	w.pace = w.rng.Uint64N(3) / 2
	w.net = newSimNet(count)
	for i := range count {
		w.lives++
		n := &simNode{w: w, index: i, name: nodeName(i), life: w.lives, disk: newSimDisk(rooms),
			cores: make([]*replication.Core, rooms), owns: make([]ownership, rooms), adopted: make([]uint64, rooms)}
		w.nodes = append(w.nodes, n)
	}
	for range rooms {
		w.ghosts = append(w.ghosts, newGhost(count))
	}
	w.rings = newSimRings(w, rooms, count)
	return w
}

// begin agrees on the first ring and starts all nodes.
func (w *world) begin() {
	first := ring{version: 1}
	for i, n := range w.nodes {
		if i < 3 || w.rng.IntN(2) == 0 {
			first.holders = append(first.holders, simHolder{node: i, life: n.life})
		}
	}
	w.rings.publish([]ring{first})
	for _, n := range w.nodes {
		n.start()
	}
}

func (w *world) byName(name string) int { return nodeIndex(name) }

func (w *world) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
		w.tracef("BROKEN: %v", w.err)
	}
}

// simulate runs one schedule: trouble, then peace, in which everything has to
// come right.
func simulate(seed uint64, weakness replication.Weakness, f flaw, tracing bool) *world {
	w := newWorld(seed)
	w.weakness, w.flaw, w.tracing = weakness, f, tracing
	w.run()
	return w
}

// run goes through trouble and then peace.
func (w *world) run() {
	w.begin()
	t := newTrouble(w)
	for steps := 250 + w.rng.IntN(350); w.step < steps && w.err == nil; w.step++ {
		t.act()
	}
	if w.err == nil {
		w.calm()
	}
}

// TestSimulator runs schedules by their seeds. PARLOR_SEEDS sets how many, and
// PARLOR_SEED runs one and prints what happens in it.
func TestSimulator(t *testing.T) {
	if s := os.Getenv("PARLOR_SEED"); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		show(t, simulate(seed, replication.Weakness(0), sound, true), true)
		return
	}
	seeds := uint64(plainSeeds)
	if s := os.Getenv("PARLOR_SEEDS"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seeds = n
	}
	for _, seed := range failedOnce(t) {
		try(t, seed)
	}
	for seed := range seeds {
		try(t, seed)
	}
}

func try(t *testing.T, seed uint64) {
	t.Helper()
	if w := simulate(seed, replication.Weakness(0), sound, false); w.err != nil {
		show(t, simulate(seed, replication.Weakness(0), sound, true), false)
		t.FailNow()
	}
}

func show(t *testing.T, w *world, all bool) {
	t.Helper()
	lines := w.trace
	if n := len(lines); n > 400 && !all {
		lines = lines[n-400:]
	}
	if w.err != nil || all {
		t.Logf("seed %d, replicas %d, history %d, window %d\n%s", w.seed, w.replicas, w.history, w.window, strings.Join(lines, "\n"))
	}
	if w.err != nil {
		t.Errorf("seed %d: %v (PARLOR_SEED=%d shows it all)", w.seed, w.err, w.seed)
	}
}

// failedOnce returns the seeds that once showed a mistake.
func failedOnce(t *testing.T) []uint64 {
	t.Helper()
	f, err := os.Open("testdata/seeds.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var seeds []uint64
	for s := bufio.NewScanner(f); s.Scan(); {
		text, _, _ := strings.Cut(s.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, seed)
	}
	return seeds
}
