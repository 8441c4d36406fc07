// Package e2e tests the program as its users meet it: real processes of the
// real binary, clients that speak plain TCP, and ends as sudden as kill -9. It
// holds nothing but tests.
package e2e
