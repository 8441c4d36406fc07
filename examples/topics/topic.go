package main

import (
	"fmt"
	"regexp"
	"slices"
)

// maxTopics bounds the topics of one request, and those of one user.
const maxTopics = 100

var topicName = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,64}$`)

// checkTopics says what is wrong with the topics of a request, or nothing.
func checkTopics(topics []string) (complaint string) {
	switch {
	case len(topics) == 0:
		return "Topics array is required"
	case len(topics) > maxTopics:
		return fmt.Sprintf("At most %d topics at a time", maxTopics)
	}
	if i := slices.IndexFunc(topics, func(t string) bool { return !topicName.MatchString(t) }); i >= 0 {
		return fmt.Sprintf("Topic %d is not a name: 1 to 64 letters, digits and . _ : -", i+1)
	}
	return ""
}
