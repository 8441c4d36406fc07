package httpfront

import (
	"errors"

	"github.com/parlor-sse/parlor/actors/object"
)

// parseBody returns the object that a body is, as object.Parse does. This is
// where a body leaves the HTTP server's buffer, and the only place that copies
// it.
func parseBody(src []byte) (body []byte, stamped bool, err error) {
	body, stamped, err = object.Parse(src)
	var why object.Malformed
	if errors.As(err, &why) {
		err = jsonRefused(string(why))
	}
	return body, stamped, err
}
