package replication

import "github.com/parlor-sse/parlor/persistence"

// Weakness is a rule that a core can be made to break.
type Weakness = weakness

// Weaknesses returns all of them by name.
func Weaknesses() map[string]Weakness {
	return map[string]Weakness{
		"acknowledge before durable":  ackEarly,
		"commit with one too few":     commitFewer,
		"append past a promise":       appendUnfenced,
		"promise before durable":      promiseUnwritten,
		"read the present ring only":  presentOnly,
		"count every acknowledgement": trustEverybody,
		"own before others follow":    skipSync,
		"choose the longest copy":     longestWins,
		"claim a promised epoch":      epochRepeated,
		"append without a base":       baseUnchecked,
		"require too few old rings":   requireLess,
		"let amnesiacs vote":          amnesiacVotes,
		"accept holes":                holeAccepted,
		"accept claims of any ring":   ringIgnored,
		"promise one epoch to two":    holderIgnored,
		"keep what was stored":        storageKept,
		"apply a change again":        changeRepeated,
		"lose the alarm":              alarmLost,
		"confirm without a quorum":    confirmAlone,
		"confirm by an old round":     roundIgnored,
	}
}

// Break makes the core break a rule.
func (c *Core) Break(w Weakness) { c.broken = w }

// Fence returns the fence in memory, durable or not.
func (c *Core) Fence() persistence.Fence { return c.fence }

// Weight returns that of the turns and messages in memory.
func (c *Core) Weight() uint64 { return c.log.weight() }

// Answer is what a member of a home set said, or that it said nothing.
type Answer struct {
	Silent, OtherLife, Damaged, Lost bool
}

// Readable reports whether the answers of a home set are enough to read it.
func Readable(answers []Answer) bool {
	var cf Config
	var promises []answered
	for i, a := range answers {
		m := Member{Node: string(rune('a' + i)), Life: 1, Lost: a.Lost}
		cf.Members = append(cf.Members, m)
		if a.Silent {
			continue
		}
		p := Promise{Life: 1, Damaged: a.Damaged}
		if a.OtherLife {
			p.Life = 2
		}
		promises = append(promises, answered{m.Node, p})
	}
	return new(Core).readable(cf, promises)
}
