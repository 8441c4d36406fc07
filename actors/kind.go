package actors

// Kind is a sort of room.
type Kind struct {
	Name string
	New  func() any
}
