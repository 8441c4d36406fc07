package main

import (
	"errors"
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/parlor-sse/parlor/cmd/parlor/faults/fault"
)

func TestOptions(t *testing.T) {
	o, err := parseOptions(nil, io.Discard)
	if err != nil || len(o.faults) != len(fault.All()) || o.seed == 0 || o.nodes != 5 {
		t.Errorf("%+v, %v", o, err)
	}
	o, err = parseOptions(strings.Fields("-faults ci,zombie -seed 7 -nodes 3 -server-args --idle=1s"), io.Discard)
	if err != nil || len(o.faults) != len(fault.CI())+1 || o.seed != 7 || len(o.serverArgs) != 1 {
		t.Errorf("%+v, %v", o, err)
	}
}

func TestOptionsRefused(t *testing.T) {
	for args, want := range map[string]string{
		"-faults nothing":       `"nothing"`,
		"-nodes 0":              "-nodes",
		"-nodes 51 -replicas 8": "-replicas",
		"-rate 0":               "-rate",
		"-rooms 0":              "-rooms",
		"-subscribers 0":        "-subscribers",
		"-history 1001":         "-history",
		"-duration 11m":         "-duration",
		"-runs 0":               "-runs",
		"-network air":          "-network",
		"more":                  `"more"`,
		"-unknown":              "unknown",
	} {
		if _, err := parseOptions(strings.Fields(args), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

func TestHelp(t *testing.T) {
	var out strings.Builder
	if _, err := parseOptions([]string{"-h"}, &out); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("got %v", err)
	}
	for _, k := range fault.All() {
		if !strings.Contains(out.String(), k.Name+" ") {
			t.Errorf("help does not name %s", k.Name)
		}
	}
}
