package intake

import (
	"fmt"

	"tocsin/core"
)

// A RowError says that one row of a file cannot be used. Reading goes on after it.
type RowError struct {
	Line   int    // the line on which the row begins, from 1
	Reason string // a short English phrase that holds nothing of the row
}

// Error says the line and the reason, for the operator.
func (e *RowError) Error() string {
	return fmt.Sprintf("intake: read row at line %d: %s", e.Line, e.Reason)
}

// Unwrap gives the row's failure its code: core.CodeOf says Invalid.
func (e *RowError) Unwrap() error { return core.Fail(core.Invalid, "") }
