package traffic

// Authorization is the line of a request's head that carries a token, or nothing
// without one. The token must not contain control characters.
func Authorization(token string) string {
	if token == "" {
		return ""
	}
	return "Authorization: Bearer " + token + "\r\n"
}
