package bench

import (
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// environment is what figures depend on besides the program.
type environment struct {
	Go         string `json:"go"`
	Revision   string `json:"revision,omitempty"` // of this program's source, if it was built from a repository
	Kernel     string `json:"kernel"`
	CPU        string `json:"cpu"`
	CPUs       int    `json:"cpus"`
	Memory     string `json:"memory"`
	FileSystem string `json:"fileSystem"` // where servers keep their files: fsync costs nothing on some
	Load       string `json:"load"`       // load average at the start: well above 0 means that others used the machine
}

func readEnvironment(dir string) environment {
	e := environment{
		Go:         runtime.Version(),
		Kernel:     firstLine("/proc/sys/kernel/osrelease"),
		CPU:        field("/proc/cpuinfo", "model name"),
		CPUs:       runtime.NumCPU(),
		Memory:     field("/proc/meminfo", "MemTotal"),
		FileSystem: fileSystem(dir),
		Load:       firstLine("/proc/loadavg"),
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				e.Revision = s.Value + e.Revision
			case s.Key == "vcs.modified" && s.Value == "true":
				e.Revision += " and changes"
			}
		}
	}
	return e
}

// firstLine is the first line of a file; empty if it cannot be read.
func firstLine(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimSpace(line)
}

// field is what follows "name:" at the beginning of a line of a file.
func field(path, name string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		key, value, found := strings.Cut(line, ":")
		if found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// fileSystem is the type of the file system that holds a folder: that of the
// longest mount point above it.
func fileSystem(dir string) string {
	data, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return ""
	}
	var best, kind string
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line) // device, mount point, type, …
		if len(fields) < 3 || len(fields[1]) < len(best) {
			continue
		}
		if dir == fields[1] || strings.HasPrefix(dir, strings.TrimSuffix(fields[1], "/")+"/") {
			best, kind = fields[1], fields[2]
		}
	}
	return kind
}
