// Package cli is what the command lines of Parlor's programs have in common:
// flags and how they are explained, complaints and exit codes, signals.
package cli
