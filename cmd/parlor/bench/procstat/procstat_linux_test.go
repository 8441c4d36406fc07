package procstat_test

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/parlor-sse/parlor/cmd/parlor/bench/procstat"
)

func TestOfThisProcess(t *testing.T) {
	self := []int{os.Getpid()}
	before, err := procstat.CPU(self)
	if err != nil {
		t.Fatal(err)
	}
	// However slow the machine is, spinning uses processor time in the end.
	for deadline := time.Now().Add(30 * time.Second); ; {
		after, err := procstat.CPU(self)
		if err != nil {
			t.Fatal(err)
		}
		if after > before {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("processor time stays at %v", before)
		}
	}
	m, err := procstat.MemoryOf(self)
	if err != nil || m.Private <= 0 || m.Resident < m.Private/2 {
		t.Errorf("MemoryOf = %+v, %v", m, err)
	}
	if n, err := procstat.MaxFiles(); err != nil || n < 3 {
		t.Errorf("MaxFiles = %d, %v", n, err)
	}
	if _, err := procstat.KernelNow(); err != nil {
		t.Error(err)
	}
}

func TestChildren(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	children, err := procstat.Children(os.Getpid())
	if err != nil || !slices.Contains(children, cmd.Process.Pid) {
		t.Errorf("Children = %v, %v, want %d among them", children, err, cmd.Process.Pid)
	}
}

func TestMissingProcess(t *testing.T) {
	const nobody = 1<<22 + 5 // beyond the highest process id
	if _, err := procstat.CPU([]int{nobody}); err == nil {
		t.Error("CPU of no process")
	}
	if _, err := procstat.MemoryOf([]int{nobody}); err == nil {
		t.Error("MemoryOf no process")
	}
}
