package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// The exit codes of every command.
const (
	ExitOK      = 0
	ExitFailure = 1 // something went wrong while running
	ExitUsage   = 2 // the command line or the configuration is at fault
)

// UsageError is a complaint about the command line or the configuration: one
// sentence that names what is to be changed. The process exits with ExitUsage.
type UsageError string

// Error implements error.
func (e UsageError) Error() string { return string(e) }

// Usagef returns a UsageError.
func Usagef(format string, args ...any) error {
	return UsageError(fmt.Sprintf(format, args...))
}

// Report prints what is wrong, one line for each complaint, and returns the
// exit code that goes with it. Who is the command, which each line begins with.
// It prints nothing for nil, nor for flag.ErrHelp, after which help is printed.
func Report(w io.Writer, who string, err error) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return ExitOK
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(w, "%s: %s\n", who, strings.TrimRight(line, "\n"))
	}
	if errors.As(err, new(UsageError)) {
		return ExitUsage
	}
	return ExitFailure
}
