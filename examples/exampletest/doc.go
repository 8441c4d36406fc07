// Package exampletest opens rooms in the test's own process, for the logic of a
// kind of room alone. What a program does as a whole is for package nodetest.
package exampletest
