package main

import "fmt"

// usageError is a complaint about the command line or the configuration: one
// sentence that names what is to be changed. The process exits with code 2.
type usageError string

func (e usageError) Error() string { return string(e) }

// usagef returns a usageError.
func usagef(format string, args ...any) error {
	return usageError(fmt.Sprintf(format, args...))
}

// refuse returns a usageError about one setting of serve.
func refuse(key, format string, args ...any) error {
	return usagef("%s: %s", key, fmt.Sprintf(format, args...))
}

// didYouMean returns a hint at the name that was probably meant, or "".
func didYouMean(name string, names []string) string {
	best, distance := "", 3 // further away is a different word
	for _, n := range names {
		if d := editDistance(name, n); d < distance && d < len(n) {
			best, distance = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", best)
}

// editDistance counts the bytes to insert, delete, change or swap with their
// neighbour to turn a into b.
func editDistance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			differ := 1
			if a[i-1] == b[j-1] {
				differ = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differ)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
