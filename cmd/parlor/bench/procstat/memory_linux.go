package procstat

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// MemoryOf is the memory of the processes together.
func MemoryOf(pids []int) (Memory, error) {
	var total Memory
	for _, pid := range pids {
		one, err := memoryOf(pid)
		if err != nil {
			return Memory{}, fmt.Errorf("memory of process %d: %w", pid, err)
		}
		total.Private += one.Private
		total.Resident += one.Resident
	}
	return total, nil
}

// memoryOf prefers the proportional figures of smaps_rollup, in which a page
// shared by two processes counts half for each, and falls back to status.
func memoryOf(pid int) (Memory, error) {
	status, err := kilobytes(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Memory{}, err
	}
	m := Memory{Private: status["RssAnon"], Resident: status["VmRSS"]}
	rollup, err := kilobytes(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err == nil && rollup["Pss_Anon"] > 0 {
		m.Private = rollup["Pss_Anon"] + rollup["Pss_Shmem"]
	}
	return m, nil
}

// kilobytes reads the lines "Name: 123 kB" of a file, as bytes.
func kilobytes(path string) (map[string]int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	values := make(map[string]int64)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, rest, _ := strings.Cut(lines.Text(), ":")
		number, isKB := strings.CutSuffix(strings.TrimSpace(rest), " kB")
		if n, err := strconv.ParseInt(number, 10, 64); isKB && err == nil {
			values[name] = n << 10
		}
	}
	return values, lines.Err()
}

// KernelNow reads what the kernel holds for sockets and everything else. Slab
// is readable by root only: it is zero for others.
func KernelNow() (Kernel, error) {
	var k Kernel
	data, err := os.ReadFile("/proc/net/sockstat")
	if err != nil {
		return k, err
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		for i := 1; i+1 < len(fields); i += 2 {
			if fields[0] == "TCP:" && fields[i] == "mem" {
				pages, err := strconv.ParseInt(fields[i+1], 10, 64)
				if err != nil {
					return k, fmt.Errorf("sockstat: %w", err)
				}
				k.SockBuffer = pages * int64(os.Getpagesize())
			}
		}
	}
	if data, err := os.ReadFile("/proc/slabinfo"); err == nil {
		k.Slab = slabBytes(string(data))
	}
	return k, nil
}

// slabBytes adds up what the kernel's caches hold for open sockets: the socket,
// its file, and its places in epoll sets. Caches that the kernel has merged
// with others of the same size are not seen, so it is a little more in truth.
func slabBytes(slabinfo string) int64 {
	active, size := make(map[string]int64), make(map[string]int64)
	for line := range strings.Lines(slabinfo) {
		fields := strings.Fields(line) // name, active objects, objects, size, …
		if len(fields) < 4 {
			continue
		}
		a, err1 := strconv.ParseInt(fields[1], 10, 64)
		s, err2 := strconv.ParseInt(fields[3], 10, 64)
		if err1 == nil && err2 == nil {
			active[fields[0]], size[fields[0]] = a, s
		}
	}
	var total int64
	for _, name := range []string{
		"TCP", "TCPv6", "sock_inode_cache", "filp", "lsm_file_cache", "eventpoll_epi", "eventpoll_pwq", "ep_head",
	} {
		total += active[name] * size[name]
	}
	// Whoever lists /proc/PID/fd, as monitoring does, leaves an entry and an
	// inode there for every descriptor, which are no part of the socket.
	for _, name := range []string{"dentry", "lsm_inode_cache"} {
		total += (active[name] - active["proc_inode_cache"]) * size[name]
	}
	return total
}
