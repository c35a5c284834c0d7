//go:build unix

package console

import (
	"os"
	"syscall"
)

// meanings says what the editor does at a signal.
var meanings = map[os.Signal]func(*editor, *listener){
	syscall.SIGWINCH: resizes,
	syscall.SIGCONT:  resumes,
	syscall.SIGHUP:   hangsUp,
	syscall.SIGINT:   hangsUp,
	syscall.SIGQUIT:  hangsUp,
	syscall.SIGTERM:  hangsUp,
}
