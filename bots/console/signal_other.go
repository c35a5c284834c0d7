//go:build !unix

package console

import "os"

// meanings says what the editor does at a signal.
var meanings = map[os.Signal]func(*editor, *listener){os.Interrupt: hangsUp}
