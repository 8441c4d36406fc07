// Package bulk carries messages that are too large for one piece from node to
// node, over a transport that may lose, repeat and reorder what it is given.
//
// The sender offers a message, and the receiver asks for its parts, two at a
// time: one that is slow, or busy with others, is never flooded, and what else
// the two nodes say to each other waits for two parts at the most. A part that
// does not come is asked for again. When all are there and their checksum is
// right, the receiver says so and hands the message on, on a goroutine of
// bulk's own, one after the other. A message arrives once, or not at all: bulk
// is as lossy as what it stands on, and who needs the message sends it again.
//
//	sender                     receiver
//	  │ Offer ────────────────────▶ │  waits for one of four places;
//	  │ ◀──────────────── Want, N=0 │  says so whenever it is offered again
//	  │ ◀───────────── Want, Want   │
//	  │ Part ─────────────────────▶ │
//	  │ ◀─────────────────────Want  │  and so on
//	  │ Part ─────────────────────▶ │
//	  │ ◀──────────────── Drop, Done│  or either says Drop, and means no
//
// For one room and node there is one message under way. The same again is not
// offered twice. Another takes the place of one that the receiver has not begun
// to fetch; one that it has begun is not replaced, for a message that is
// replaced again and again never arrives. The other is refused then, and whoever
// needs it has to send it again later.
//
// The sender repeats an offer every 250 ms for as long as it sends nothing else
// of the message, be it that nobody answers or that the rate keeps it from it.
// Each end gives up a message with which nothing moved for five seconds. Whatever
// is refused, dropped or given up is counted.
package bulk
