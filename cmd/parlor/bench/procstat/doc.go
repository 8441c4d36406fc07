// Package procstat reads what processes cost: processor time, memory, and the
// kernel's part of it. It knows Linux only; elsewhere everything is
// errors.ErrUnsupported.
package procstat

// Memory is what processes hold, in bytes.
type Memory struct {
	// Private is memory of their own and memory that they share among
	// themselves, each page once; neither code nor files.
	Private int64 `json:"private"`
	// Resident is everything mapped and present, code included.
	Resident int64 `json:"resident"`
}

// Kernel is what the kernel of this machine holds, in bytes.
type Kernel struct {
	Slab       int64 `json:"slab"`       // objects of sockets: they, their files, their epoll entries
	SockBuffer int64 `json:"sockBuffer"` // data queued on TCP sockets
}
