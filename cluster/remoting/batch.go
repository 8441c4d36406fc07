package remoting

import (
	"github.com/asynkron/protoactor-go/actor"
	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/protobuf/encoding/protowire"
)

const (
	// batchLetters and batchBytes bound one message of gRPC. A letter that is
	// larger goes alone.
	batchLetters = 512
	batchBytes   = 1 << 20

	// payloadType is the one type of messages between nodes.
	payloadType = "google.protobuf.BytesValue"
	// payloadField is the one field of that type.
	payloadField protowire.Number = 1
)

// cut returns how many of the letters, of which there is at least one, go
// together in one message.
func cut(letters []letter) int {
	bytes := 0
	for i := range min(len(letters), batchLetters) {
		if bytes += letters[i].size(); i > 0 && bytes > batchBytes {
			return i
		}
	}
	return min(len(letters), batchLetters)
}

// batch returns the message that carries letters, and the bytes of their
// payloads as they are sent. Names that occur often are in it once.
func batch(letters []letter) (*remote.RemoteMessage, int) {
	total := 0
	for i := range letters {
		total += payloadSize(letters[i].payload)
	}
	var (
		data      = make([]byte, 0, total)
		envelopes = make([]remote.MessageEnvelope, len(letters))
		b         = &remote.MessageBatch{TypeNames: []string{payloadType}, Envelopes: make([]*remote.MessageEnvelope, len(letters))}
		targets   = make(map[string]int32)
		senders   = make(map[sender]int32)
	)
	for i := range letters {
		l, e, start := &letters[i], &envelopes[i], len(data)
		data = appendPayload(data, l.payload)
		e.MessageData = data[start:len(data):len(data)]
		e.Target, e.TargetRequestId = number(targets, l.to.GetId(), &b.Targets, l.to.GetId()), l.to.GetRequestId()
		if l.sender != nil {
			from := sender{l.sender.GetAddress(), l.sender.GetId()}
			e.Sender = 1 + number(senders, from, &b.Senders, actor.NewPID(from.address, from.id)) // 0 is none
			e.SenderRequestId = l.sender.GetRequestId()
		}
		b.Envelopes[i] = e
	}
	return &remote.RemoteMessage{MessageType: &remote.RemoteMessage_MessageBatch{MessageBatch: b}}, total
}

// sender is the part of a PID that a batch names once.
type sender struct{ address, id string }

// number returns the index of a value in a list, to which it is added with its
// first use.
func number[K comparable, V any](known map[K]int32, key K, list *[]V, value V) int32 {
	n, ok := known[key]
	if !ok {
		n = int32(len(*list))
		known[key] = n
		*list = append(*list, value)
	}
	return n
}

// payloadSize returns how many bytes appendPayload appends.
func payloadSize(payload []byte) int {
	if len(payload) == 0 {
		return 0
	}
	return protowire.SizeTag(payloadField) + protowire.SizeBytes(len(payload))
}

// appendPayload appends a payload as a BytesValue.
func appendPayload(dst, payload []byte) []byte {
	if len(payload) == 0 {
		return dst
	}
	dst = protowire.AppendTag(dst, payloadField, protowire.BytesType)
	return protowire.AppendBytes(dst, payload)
}

// payloadOf reads a BytesValue. The payload aliases b.
func payloadOf(b []byte) (payload []byte, ok bool) {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 || num > protowire.MaxValidNumber {
			return nil, false
		}
		value := b[n:]
		size := protowire.ConsumeFieldValue(num, typ, value)
		if size < 0 || num == payloadField && typ != protowire.BytesType {
			return nil, false
		}
		if num == payloadField {
			payload, _ = protowire.ConsumeBytes(value)
		}
		b = value[size:]
	}
	return payload, true
}
