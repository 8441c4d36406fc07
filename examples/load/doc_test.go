// Package load_test runs the load test for k6 without k6: its functions are run
// by node against a real server, over a few lines that stand in for what k6
// offers to scripts. That k6 itself takes the script is not tested.
package load_test
