package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/parlor-sse/parlor/cmd/serve/cli"
)

func runVersion(_ context.Context, args []string, p process) error {
	fs := cli.NewFlagSet("parlor version", "", "Prints the version of this program, the commit it was built from, and the Go\nrelease it was built with.")
	if _, err := fs.Parse(args, 0, 0, p.stdout); err != nil {
		return err
	}
	info, _ := debug.ReadBuildInfo()
	fmt.Fprintln(p.stdout, versionLine(info))
	return nil
}

// version returns the program's version, "dev" for a build that has none.
func version() string {
	info, _ := debug.ReadBuildInfo()
	return cli.Version(info)
}

// versionLine says what is known of a build; info may be nil.
func versionLine(info *debug.BuildInfo) string {
	line := "parlor " + cli.Version(info)
	if info != nil {
		settings := make(map[string]string, len(info.Settings))
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if rev := settings["vcs.revision"]; rev != "" {
			line += " commit " + rev
			if settings["vcs.modified"] == "true" {
				line += " (modified)"
			}
			if t := settings["vcs.time"]; t != "" {
				line += " of " + t
			}
		}
	}
	return fmt.Sprintf("%s %s %s/%s", line, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
