package storage

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"tocsin/core"
)

func TestErrorsOfDriversHaveTheirCodes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want core.Code
	}{
		"no row":         {sql.ErrNoRows, core.NotFound},
		"cancelled":      {fmt.Errorf("read: %w", context.Canceled), core.Unavailable},
		"too late":       {context.DeadlineExceeded, core.Unavailable},
		"ended":          {sql.ErrTxDone, core.Unavailable},
		"bad connection": {driver.ErrBadConn, core.Unavailable},
		"cut":            {io.ErrUnexpectedEOF, core.Unavailable},
		"refused":        {&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, core.Unavailable},
		"timeout":        {&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, core.Unavailable},
		"untrusted":      {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, core.Unavailable},
		"another":        {errors.New("anna@example.org is not a number"), core.Internal},
		"ours":           {core.Fail(core.Forbidden, "role.none"), core.Forbidden},
	} {
		err := failed(c.err, "read chat")
		if core.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want the code %q", name, err, c.want)
		}
		if strings.Contains(err.Error(), "anna") {
			t.Errorf("%s: the error quotes a value", name)
		}
	}
	if failed(nil, "read chat") != nil {
		t.Error("no error became one")
	}
}

func TestErrorsOfSQLiteHaveTheirCodes(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]core.Code{
		5: core.Conflict, 517: core.Conflict, 6: core.Conflict, 13: core.Unavailable, 10 | 4<<8: core.Unavailable,
		9: core.Unavailable, 8: core.Unavailable, 14: core.Unavailable, 11: core.Internal, 19: core.Internal, 787: core.Internal,
	} {
		if got, ok := sqliteCodes[code&0xff]; ok && got != want || !ok && want != core.Internal {
			t.Errorf("result code %d has the code %q, want %q", code, got, want)
		}
	}
}

func TestErrorOfAStatementHoldsNoValue(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *Store) {
		for _, query := range []string{
			"INSERT INTO meta (key, value) VALUES ('keys', ?)",              // a constraint
			"SELECT no_such_function(?)",                                    // a wrong statement
			"SELECT CAST(? AS bigint) FROM no_such_table",                   // another
			"INSERT INTO leases VALUES (?, '', CAST(? AS bigint), 1, 2, 3)", // a value of the wrong type, and too many
		} {
			err := s.run(t.Context(), s.write, nil, func(x *tx) error {
				_, err := x.NewRaw(query, "canary@example.org", "canary@example.org").Exec(t.Context())
				return failed(err, "try statement")
			})
			if core.CodeOf(err) != core.Internal || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: got %v", query, err)
			}
		}
	})
}

func TestFullSQLiteDatabaseIsUnavailableAndWhole(t *testing.T) {
	t.Parallel()
	s := openSQLiteTest(t)
	if _, err := s.write.DB.Exec("PRAGMA max_page_count = 200"); err != nil {
		t.Fatal(err)
	}
	var err error
	for i := 0; err == nil && i < 10_000; i++ {
		err = s.Tx(t.Context(), func(tx core.Tx) error {
			_, err := tx.PutBlob(t.Context(), make([]byte, 10_000))
			return err
		})
	}
	if core.CodeOf(err) != core.Unavailable || !strings.Contains(err.Error(), "SQLITE_FULL") {
		t.Fatalf("got %v, want it to be unavailable", err)
	}
	var verdict string
	if err := s.write.DB.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("the full database is %q, %v", verdict, err)
	}
}
