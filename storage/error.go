package storage

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"strconv"
	"syscall"

	"github.com/uptrace/bun/driver/pgdriver"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"tocsin/core"
)

// failed gives a driver's error its code and says what was tried: Conflict if a race
// was lost, Unavailable if the database is away, slow or full, NotFound if there is no
// such row, otherwise Internal. What drivers say may quote the values of a statement,
// so only codes and the names of constraints stay of it. An error that has a code
// already is returned as it is.
func failed(err error, what string) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*core.Error](err); ok {
		return err
	}
	code, cause := classify(err)
	return core.Wrap(code, cause, "storage: "+what)
}

// classify returns the code of a driver's error, and the error without values.
func classify(err error) (core.Code, error) {
	if e, ok := errors.AsType[pgdriver.Error](err); ok {
		return classifyPostgres(e)
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return classifySQLite(e)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return core.NotFound, errors.New("no such row")
	case errors.Is(err, context.Canceled):
		return core.Unavailable, context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return core.Unavailable, context.DeadlineExceeded
	case errors.Is(err, sql.ErrTxDone):
		return core.Unavailable, sql.ErrTxDone // its context ended
	}
	if cause, ok := lostConnection(err); ok {
		return core.Unavailable, cause
	}
	return core.Internal, errors.New("the driver failed")
}

// lostConnection reports whether err is of the connection and not of a statement, and
// says of which kind.
func lostConnection(err error) (error, bool) {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return errors.New("the server's certificate is not trusted"), true
	}
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return e, true
	}
	if e, ok := errors.AsType[net.Error](err); ok {
		if e.Timeout() {
			return errors.New("the connection timed out"), true
		}
		return errors.New("the connection failed"), true
	}
	for _, lost := range []error{
		io.EOF, io.ErrUnexpectedEOF, driver.ErrBadConn, sql.ErrConnDone, net.ErrClosed,
	} {
		if errors.Is(err, lost) {
			return errors.New("the connection was lost"), true
		}
	}
	return nil, false
}

// postgresCodes maps SQLSTATEs, or their classes of two characters, to codes
// (PostgreSQL documentation, appendix A).
var postgresCodes = map[string]core.Code{
	"40001": core.Conflict, // serialization failure
	"40P01": core.Conflict, // deadlock
	"55P03": core.Conflict, // lock timeout
	"08":    core.Unavailable,
	"25006": core.Unavailable, // the server takes no writes: a standby
	"25P03": core.Unavailable, // idle in transaction for too long
	"53":    core.Unavailable, // out of disk, memory or connections
	"57014": core.Unavailable, // statement timeout
	"57P01": core.Unavailable, // the server shuts down,
	"57P02": core.Unavailable, // crashed,
	"57P03": core.Unavailable, // or starts
	"57P05": core.Unavailable, // idle session timeout
	"58030": core.Unavailable, // I/O error
}

// postgresWords says what an operator sees most.
var postgresWords = map[string]string{
	"28000": "this user may not connect",
	"28P01": "the password is wrong",
	"3D000": "there is no such database",
	"42501": "this user lacks a right",
	"53100": "its disk is full",
	"53300": "it has too many connections",
}

func classifyPostgres(e pgdriver.Error) (core.Code, error) {
	state := e.Field('C')
	text := "SQLSTATE " + state
	for _, more := range []string{postgresWords[state], e.Field('n')} { // n: the constraint
		if more != "" {
			text += ", " + more
		}
	}
	cause := errors.New(text)
	if c, ok := postgresCodes[state]; ok {
		return c, cause
	}
	if c, ok := postgresCodes[state[:min(2, len(state))]]; ok {
		return c, cause
	}
	return core.Internal, cause
}

// sqliteCodes maps primary result codes to codes (https://sqlite.org/rescode.html).
var sqliteCodes = map[int]core.Code{
	sqlite3.SQLITE_BUSY:      core.Conflict,
	sqlite3.SQLITE_LOCKED:    core.Conflict,
	sqlite3.SQLITE_CANTOPEN:  core.Unavailable,
	sqlite3.SQLITE_FULL:      core.Unavailable,
	sqlite3.SQLITE_INTERRUPT: core.Unavailable, // the context ended
	sqlite3.SQLITE_IOERR:     core.Unavailable,
	sqlite3.SQLITE_NOMEM:     core.Unavailable,
	sqlite3.SQLITE_PROTOCOL:  core.Unavailable,
	sqlite3.SQLITE_READONLY:  core.Unavailable,
}

func classifySQLite(e *sqlite.Error) (core.Code, error) {
	cause := errors.New("SQLite result code " + sqliteName(e.Code()))
	if c, ok := sqliteCodes[e.Code()&0xff]; ok {
		return c, cause
	}
	return core.Internal, cause
}

// sqliteName returns a result code as its number and, where it has one, its name.
func sqliteName(code int) string {
	n := strconv.Itoa(code)
	if text, ok := sqlite.ErrorCodeString[code]; ok {
		return n + ", " + text
	}
	return n
}

// invalid says why something of the operator's cannot be used.
func invalid(what, why string) error {
	return core.Wrap(core.Invalid, errors.New(why), "storage: "+what)
}

// bareError takes the path from an error of the file system: it may name a person.
func bareError(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}
