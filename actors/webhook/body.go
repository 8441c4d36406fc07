package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"strconv"

	"github.com/parlor-sse/parlor/persistence"
)

// appendBody appends the JSON of a request: the events of one room, each with its
// id before all else. In it is the epoch, since what memory alone has kept may be lost
// in a crash, and a turn's number be used again.
func appendBody(dst []byte, room persistence.RoomKey, events []persistence.Record) []byte {
	object := room.ObjectID()
	dst = append(dst, `{"events":[`...)
	for i := range events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, `{"id":"`...), object...)
		dst = append(events[i].Position.Append(append(dst, '-')), '"', ',')
		dst = append(dst, events[i].Data[1:]...) // an object, with something in it
	}
	return append(dst, `]}`...)
}

// Sign returns the signature of a request: "v1=" and the hexadecimal HMAC-SHA256,
// under the key, of the timestamp in decimal digits, a dot, and the body. Who
// receives requests computes it anew, compares the two in constant time, and
// refuses timestamps that are long past.
func Sign(key []byte, timestamp int64, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(append(strconv.AppendInt(nil, timestamp, 10), '.'))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// withoutURL returns what went wrong with a request, without its URL.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
