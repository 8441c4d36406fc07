package history

// line is one line of the file: exactly one of its members is set.
type line struct {
	Run     *Run     `json:"run,omitempty"`
	Publish *Publish `json:"publish,omitempty"`
	Open    *Open    `json:"open,omitempty"`
	Frame   *Frame   `json:"frame,omitempty"`
	Handed  *Handed  `json:"handed,omitempty"`
	Close   *Close   `json:"close,omitempty"`
	Fault   *Fault   `json:"did,omitempty"`
	Owner   *Owner   `json:"owner,omitempty"`
	Ring    *Ring    `json:"ring,omitempty"`
	Copy    *Copy    `json:"copy,omitempty"`
	Phase   *Phase   `json:"phase,omitempty"`
	Failure *Failure `json:"failure,omitempty"`
}

// newLine wraps what may be noted. Anything else is a fault of the caller.
func newLine(entry any) line {
	switch e := entry.(type) {
	case Run:
		return line{Run: &e}
	case Publish:
		return line{Publish: &e}
	case Open:
		return line{Open: &e}
	case Frame:
		return line{Frame: &e}
	case Handed:
		return line{Handed: &e}
	case Close:
		return line{Close: &e}
	case Fault:
		return line{Fault: &e}
	case Owner:
		return line{Owner: &e}
	case Ring:
		return line{Ring: &e}
	case Copy:
		return line{Copy: &e}
	case Phase:
		return line{Phase: &e}
	case Failure:
		return line{Failure: &e}
	}
	panic("history: not an entry")
}

// add puts what the line says where it belongs, and reports whether it said
// anything.
func (h *History) add(l line) bool {
	switch {
	case l.Run != nil:
		h.Run = *l.Run
	case l.Publish != nil:
		h.Publishes = append(h.Publishes, *l.Publish)
	case l.Open != nil:
		h.Opens = append(h.Opens, *l.Open)
	case l.Frame != nil:
		h.Frames = append(h.Frames, *l.Frame)
	case l.Handed != nil:
		h.Handed = append(h.Handed, *l.Handed)
	case l.Close != nil:
		h.Closes = append(h.Closes, *l.Close)
	case l.Fault != nil:
		h.Faults = append(h.Faults, *l.Fault)
	case l.Owner != nil:
		h.Owners = append(h.Owners, *l.Owner)
	case l.Ring != nil:
		h.Rings = append(h.Rings, *l.Ring)
	case l.Copy != nil:
		h.Copies = append(h.Copies, *l.Copy)
	case l.Phase != nil:
		h.Phases = append(h.Phases, *l.Phase)
	case l.Failure != nil:
		h.Failures = append(h.Failures, *l.Failure)
	default:
		return false
	}
	return true
}
