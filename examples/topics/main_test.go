package main

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// testSecret signs the tokens of all tests.
const testSecret = "correct horse battery staple, twice over"

func TestMain(m *testing.M) {
	if err := os.Setenv(secretName, testSecret); err != nil { // for the programs that tests run
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
