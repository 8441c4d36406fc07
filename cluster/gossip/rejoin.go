package gossip

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	joinsAtATime = 8 // because an address that swallows packets costs a timeout
	hurry        = 8 // times as often a node asks that is alone, or has to wait for its name

	// crowd is the number of peers from which on a node asks seeds that it
	// already hears of less often, because an exchange grows with the cluster.
	crowd = 32
)

// The results of a rejoin, values of a metric label.
const (
	joinDone        = "ok"
	joinRefused     = "refused"
	joinUnreachable = "unreachable"
	joinFailed      = "failed"
)

// rejoin asks the seeds until the node leaves. Memberlist alone forgets the
// dead after half a minute, and two halves of a cluster that was split for
// longer would never find each other again.
func (g *Gossip) rejoin() {
	for round := 0; ; round++ {
		g.ask(round)
		select {
		case <-g.ctx.Done():
			return
		case <-time.After(g.restUntilAsking()):
		}
	}
}

func (g *Gossip) restUntilAsking() time.Duration {
	d := g.cfg.RejoinEvery
	if g.census.count() <= 1 || g.rivals.pressing(time.Now()) {
		d /= hurry
	}
	return d*3/4 + rand.N(d/2+1)
}

// ask exchanges what is known with those who should be asked in this round.
func (g *Gossip) ask(round int) {
	seeds := g.lookUpSeeds()
	targets := chooseTargets(round, g.address, seeds, g.census.peers(), g.census.departed())
	var group errgroup.Group
	group.SetLimit(joinsAtATime)
	for _, address := range targets {
		group.Go(func() error {
			if g.ctx.Err() == nil && !g.rivals.lost() {
				g.join(address, slices.Contains(seeds, address))
			}
			return nil
		})
	}
	group.Wait()
}

// join exchanges what is known with the node at address.
func (g *Gossip) join(address string, seed bool) {
	_, err := g.list.Join([]string{address})
	if err == nil {
		g.metrics.rejoins.WithLabelValues(joinDone).Inc()
		return
	}
	if g.ctx.Err() != nil {
		return
	}
	text := joinText(err, address)
	result, why := judgeJoin(text)
	g.metrics.rejoins.WithLabelValues(result).Inc()
	if seed && why != "" {
		level := slog.LevelWarn
		if result == joinUnreachable {
			level = slog.LevelInfo
		}
		g.lines.tell(level, "seed not joined: "+why, address, "err", text)
	}
}

// lookUpSeeds returns the addresses of all seeds, each once.
func (g *Gossip) lookUpSeeds() []string {
	ctx, cancel := context.WithTimeout(g.ctx, lookupTimeout)
	defer cancel()
	found := make([][]string, len(g.cfg.Join))
	var group errgroup.Group
	group.SetLimit(joinsAtATime)
	for i, seed := range g.cfg.Join {
		group.Go(func() error {
			addresses, err := resolveSeed(ctx, seed)
			if err != nil && g.ctx.Err() == nil {
				g.metrics.rejoins.WithLabelValues(joinUnreachable).Inc()
				g.lines.tell(slog.LevelInfo, "seed not found", seed, "err", err)
			}
			found[i] = addresses
			return nil
		})
	}
	group.Wait()
	all := slices.Concat(found...)
	slices.Sort(all)
	return slices.Compact(all)
}

// chooseTargets returns whom to ask in a round: all seeds that are not among
// the peers; one that is, since it may have been restarted and know nobody; and
// one of the dead, since a seed may be gone for good and the others with it.
func chooseTargets(round int, self string, seeds []string, peers []Peer, gone []Departed) []string {
	alive := make(map[string]bool, len(peers))
	for _, p := range peers {
		alive[p.Address()] = true
	}
	var targets, known, dead []string
	for _, s := range seeds {
		switch {
		case s == self:
		case alive[s]:
			known = append(known, s)
		default:
			targets = append(targets, s)
		}
	}
	for _, d := range gone {
		if a := d.Address(); !d.Left && !alive[a] && a != self && !slices.Contains(targets, a) && !slices.Contains(dead, a) {
			dead = append(dead, a)
		}
	}
	if every := 1 + len(peers)/crowd; len(known) > 0 && round%every == 0 {
		targets = append(targets, known[round/every%len(known)])
	}
	if len(dead) > 0 {
		targets = append(targets, dead[round%len(dead)])
	}
	return targets
}
