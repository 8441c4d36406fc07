package remoting

import (
	"fmt"
	"strings"

	"github.com/asynkron/protoactor-go/remote"
)

// inspection says of a batch's types, targets and senders which are allowed.
type inspection struct{ types, to, from []bool }

// judge returns what may says of each of a list.
func judge[T any](list []T, may func(T) bool) []bool {
	verdicts := make([]bool, len(list))
	for i, v := range list {
		verdicts[i] = may(v)
	}
	return verdicts
}

// open returns the payload of a message, which aliases it, or why it must not be
// passed on, or an error if it refers to what its batch does not hold.
func (in *inspection) open(e *remote.MessageEnvelope) (payload []byte, refused string, err error) {
	typ, to, from := e.GetTypeId(), e.GetTarget(), e.GetSender()
	switch {
	case typ < 0 || int(typ) >= len(in.types):
		return nil, "", fmt.Errorf("type %d of %d", typ, len(in.types))
	case to < 0 || int(to) >= len(in.to):
		return nil, "", fmt.Errorf("target %d of %d", to, len(in.to))
	case from < 0 || int(from) > len(in.from): // 0 is none
		return nil, "", fmt.Errorf("sender %d of %d", from, len(in.from))
	case !in.types[typ] || e.GetSerializerId() != 0:
		return nil, refusedType, nil
	case !in.to[to]:
		return nil, refusedTarget, nil
	case from > 0 && !in.from[from-1]:
		return nil, refusedSender, nil
	}
	payload, ok := payloadOf(e.GetMessageData())
	if !ok {
		return nil, refusedType, nil
	}
	return payload, "", nil
}

// takes reports whether other nodes may send to a process.
func (r *Remote) takes(process string) bool {
	_, ok := r.targets[process]
	return ok || isFuture(process)
}

// Reply futures are registered under futurePrefix and a number, which is written
// in futureDigits and has at most futureLength of them. Nobody else may be given
// such a name.
const (
	futurePrefix = "future$"
	futureDigits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ~+"
	futureLength = 11 // 64 bits by 6
)

func isFuture(process string) bool {
	number, ok := strings.CutPrefix(process, futurePrefix)
	return ok && number != "" && len(number) <= futureLength && strings.Trim(number, futureDigits) == ""
}
