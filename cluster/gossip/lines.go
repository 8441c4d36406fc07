package gossip

import (
	"errors"
	"log/slog"
	"strings"
)

// verdict is what a line of memberlist's log means to an operator.
type verdict struct {
	reason string     // of a refusal, for the metric; empty if nothing was refused
	event  lineEvent  // what else to count
	level  slog.Level // what to log it at; below Info the line itself is logged
	text   string     // what to log at Info and above
}

// lineEvent is something that memberlist tells only its log.
type lineEvent int

const (
	eventNone lineEvent = iota
	eventSuspicion
	eventRefutation
	eventDrop
)

// judge reads a line of memberlist's log, without level and prefix. Some
// things, as a message that no key decrypts, memberlist tells nobody else; the
// tests hold these texts against the version in use. What is not listed is
// either reported by this package in its own words, or so ordinary while a peer
// dies that it is for debugging only.
func judge(line string) verdict {
	has := func(part string) bool { return strings.Contains(line, part) }
	starts := func(part string) bool { return strings.HasPrefix(line, part) }
	refused := func(reason, text string) verdict {
		return verdict{reason: reason, level: slog.LevelWarn, text: text}
	}
	switch {
	case starts("Suspect "):
		return verdict{event: eventSuspicion, level: slog.LevelDebug}
	case starts("Refuting a suspect message"), starts("Refuting a dead message"):
		return verdict{event: eventRefutation, level: slog.LevelWarn,
			text: "others took this node for dead: it was slow to answer, or packets were lost"}
	case starts("handler queue full"):
		return verdict{event: eventDrop, level: slog.LevelWarn, text: "gossip dropped: too much of it waits"}
	case starts("Was able to connect to "):
		return verdict{level: slog.LevelWarn, text: "a peer answers over TCP but not over UDP: a firewall may drop UDP"}
	case starts("Error accepting"), starts("Error reading UDP"), starts("Encryption of message failed"), starts("Failed to encrypt"):
		return verdict{level: slog.LevelError, text: "gossip cannot get through on this node"}
	case starts("Binding to public address without encryption"):
		return verdict{level: slog.LevelWarn, text: "gossip is not encrypted on a public address"}

	case starts("Decrypt packet failed"),
		starts("failed to receive: no installed keys"),
		starts("failed to receive: encryption is configured but"),
		starts("failed to receive: remote state is encrypted"):
		return refused(reasonKey, "refused gossip that is not encrypted with a key of this node")
	case has("with unacceptable label"):
		return refused(reasonLabel, "refused gossip of another label")
	case starts("Too many pending push/pull requests"):
		return refused(reasonBusy, "refused an exchange: too many at a time")
	case starts("failed to receive"), starts("Failed to decode"), starts("Failed to decompress"),
		starts("Failed to read remote state"), starts("Failed to receive user message"),
		starts("Got invalid checksum"), starts("msg type ("), starts("missing message type"),
		starts("Received invalid msgType"), starts("unexpected double"), starts("cannot decode label"),
		starts("label header"), starts("Compound request had"):
		return refused(reasonUnreadable, "refused bytes that are no gossip, or were cut off")
	}
	return verdict{level: slog.LevelDebug}
}

// errNobodyAdmitted ends an exchange, and is found again in the text of a join
// that it ended.
var errNobodyAdmitted = errors.New("nobody there is admitted")

// joinText returns what went wrong when address was joined, without the list in
// which memberlist wraps it.
func joinText(err error, address string) string {
	text := err.Error()
	if _, cause, ok := strings.Cut(text, "failed to join "+address+": "); ok {
		text = cause
	}
	return shorten(strings.TrimSpace(text), maxLine)
}

// judgeJoin says why an exchange with a seed failed, from memberlist's text of
// the error, which wraps nothing. The reason is empty if this side refused and
// has said so.
func judgeJoin(text string) (result, why string) {
	has := func(part string) bool { return strings.Contains(text, part) }
	switch {
	case has(errNobodyAdmitted.Error()):
		return joinRefused, ""
	case has("no installed keys could decrypt"), has("encryption is configured but"), has("remote state is encrypted"):
		return joinRefused, "its gossip key is not one of this node's keys, or only one of the two encrypts"
	case has("dial tcp"):
		return joinUnreachable, "it cannot be reached"
	case has("EOF"), has("connection reset"), has("broken pipe"):
		return joinRefused, "it hung up at once: it may have another label, or be no node at all"
	case has("i/o timeout"):
		return joinUnreachable, "it did not answer in time"
	default:
		return joinFailed, "the exchange went wrong"
	}
}
