package httpfront

// Route is a route besides Parlor's own.
type Route struct {
	Method, Pattern string
	Handler         any
}
