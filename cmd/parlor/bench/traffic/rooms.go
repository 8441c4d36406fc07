package traffic

import (
	"strconv"
	"strings"
)

// roomMark stands for the room's name in a path template.
const roomMark = "{room}"

// Rooms names the rooms of a run: Prefix-0 to Prefix-(Count-1).
type Rooms struct {
	Prefix string `json:"prefix"`
	Count  int    `json:"count"`
}

// Path is the path template with the name of room i in place of {room}.
func (r Rooms) Path(template string, i int) string {
	return strings.ReplaceAll(template, roomMark, r.Prefix+"-"+strconv.Itoa(i))
}
