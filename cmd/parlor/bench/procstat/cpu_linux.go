package procstat

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// CPU is the processor time, user and system, that the processes have used
// since they started, all their threads together.
func CPU(pids []int) (time.Duration, error) {
	var total time.Duration
	for _, pid := range pids {
		used, err := cpuOf(pid)
		if err != nil {
			return 0, fmt.Errorf("processor time of process %d: %w", pid, err)
		}
		total += used
	}
	return total, nil
}

// cpuOf prefers the process's clock, which counts nanoseconds, to its stat
// file, which counts the same time in hundredths of a second.
func cpuOf(pid int) (time.Duration, error) {
	// The id of another process's clock is made of its inverted pid, with 2 for
	// "time on a processor" in the low bits (see clock_getcpuclockid(3)).
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &ts); err == nil {
		return time.Duration(ts.Nano()), nil
	}
	fields, err := statFields(pid)
	if err != nil {
		return 0, err
	}
	const utime, stime = 11, 12 // fields 14 and 15 of proc(5), counted from the state
	var ticks int64
	for _, i := range []int{utime, stime} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	const tick = time.Second / 100 // USER_HZ, the same on every Linux architecture that Go knows
	return time.Duration(ticks) * tick, nil
}

// statFields are the fields of /proc/PID/stat from the state on. The name
// before it may contain anything, so they are counted from its closing bracket.
func statFields(pid int) ([]string, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	text := string(data)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 {
		return nil, fmt.Errorf("unexpected stat line %q", text)
	}
	return fields, nil
}

// Children are the processes whose parent is pid.
func Children(pid int) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var children []int
	for _, entry := range entries {
		child, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue // not a process
		}
		fields, err := statFields(child)
		if err != nil {
			continue // it ended meanwhile
		}
		if fields[1] == strconv.Itoa(pid) {
			children = append(children, child)
		}
	}
	return children, nil
}

// MaxFiles is how many descriptors a process may have at most.
func MaxFiles() (int, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("read descriptor limit: %w", err)
	}
	return int(min(limit.Max, 1<<30)), nil
}
