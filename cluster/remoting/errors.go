package remoting

import "errors"

// ErrListen reports that the address could not be listened on.
var ErrListen = errors.New("cannot listen for other nodes")

var (
	errStranger = errors.New("not the node that belongs there")
	errGreeting = errors.New("not the greeting of a node")
	errLeaves   = errors.New("the other node closed the stream")
)
