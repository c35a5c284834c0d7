package matrixtest

import (
	"os/exec"
	"syscall"
)

// bind lets the kernel end the process when ours ends, whatever ends that.
func bind(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
