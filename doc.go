// Package parlor is the root of the module and holds the tests that keep its
// architecture. The program is cmd/parlor.
package parlor
