package sseclients

import (
	"net/url"
	"strconv"
	"time"
)

// maxTTL bounds a time to live, in seconds: some thirty years.
const maxTTL = 1_000_000_000

// Refusals of ByQuery.
var (
	errQuery      = Refusal{Status: 400, Code: "invalid_query", Message: "The query is not well-formed."}
	errTwice      = Refusal{Status: 400, Code: "invalid_query", Message: "The parameters clientId and ttl are given once each."}
	errNoClientID = Refusal{Status: 400, Code: "missing_client_id", Message: "The parameter clientId is missing."}
	errTTL        = Refusal{Status: 400, Code: "invalid_ttl", Message: "The parameter ttl is a whole number of seconds, or left out."}
)

// parseQuery reads ?clientId= and ?ttl=. A ttl that is empty, 0 or negative
// stands for none. Other parameters are none of its business.
func parseQuery(raw string) (key string, ttl time.Duration, err error) {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return "", 0, errQuery
	}
	if len(q["clientId"]) > 1 || len(q["ttl"]) > 1 {
		return "", 0, errTwice
	}
	if key = q.Get("clientId"); key == "" {
		return "", 0, errNoClientID
	}
	if text := q.Get("ttl"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || seconds > maxTTL {
			return "", 0, errTTL
		}
		ttl = max(0, time.Duration(seconds)) * time.Second
	}
	return key, ttl, nil
}
