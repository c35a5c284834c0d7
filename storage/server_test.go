package storage

import (
	"strings"
	"testing"
	"time"

	"tocsin/core"
)

func TestPostgresURLIsRead(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]postgresServer{
		"postgres://u:p%40ss@localhost/d":                                       {network: "tcp", address: "localhost:5432", user: "u", password: "p@ss", database: "d"},
		"postgresql://u@127.0.0.1:6000/d?sslmode=disable":                       {network: "tcp", address: "127.0.0.1:6000", user: "u", database: "d"},
		"postgres://u@[::1]:6000/d":                                             {network: "tcp", address: "[::1]:6000", user: "u", database: "d"},
		"postgres://u@/d":                                                       {network: "tcp", address: "localhost:5432", user: "u", database: "d"},
		"postgres://u@/d?host=/run/postgresql":                                  {network: "unix", address: "/run/postgresql/.s.PGSQL.5432", user: "u", database: "d"},
		"postgres://u@:6000/d?host=/run/postgresql":                             {network: "unix", address: "/run/postgresql/.s.PGSQL.6000", user: "u", database: "d"},
		"postgres://u@/d?host=/run/.s.PGSQL.7&application_name=x&search_path=y": {network: "unix", address: "/run/.s.PGSQL.7", user: "u", database: "d"},
	} {
		got, err := parsePostgres(url)
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if got.network != want.network || got.address != want.address || got.user != want.user ||
			got.password != want.password || got.database != want.database || got.tls != nil {
			t.Errorf("%s: got %+v", url, got)
		}
	}
	s, err := parsePostgres("postgres://u@db.example.org/d?sslmode=verify-full&connect_timeout=3&application_name=x&search_path=y")
	if err != nil {
		t.Fatal(err)
	}
	if s.tls == nil || s.tls.ServerName != "db.example.org" || s.tls.InsecureSkipVerify || s.tls.RootCAs != nil {
		t.Errorf("the TLS settings are not those of verify-full")
	}
	if s.connectTimeout != 3*time.Second || s.application != "x" || s.searchPath != "y" {
		t.Errorf("got %+v", s)
	}
}

func TestPostgresURLThatIsUnsafeOrWrongIsRefused(t *testing.T) {
	t.Parallel()
	for url, why := range map[string]string{
		"postgres://u:secret@db.example.org/d":                                          "verify-full",
		"postgres://u:secret@10.0.0.7/d?sslmode=disable":                                "verify-full",
		"postgres://u:secret@db.example.org/d?sslmode=require":                          "verify-full",
		"postgres://u:secret@db.example.org/d?sslmode=prefer":                           "verify-full",
		"postgres://u:secret@db.example.org/d?sslmode=allow":                            "verify-full",
		"postgres://u:secret@db.example.org/d?sslmode=verify-ca":                        "verify-full",
		"postgres://u:secret@db.example.org/d?sslmode=verify-fuller":                    "verify-full",
		"postgres://u:secret@localhost/d?host=db.example.org":                           "verify-full",
		"postgres://u:secret@localhost/d?sslmode=require":                               "verify-full",
		"postgres://u:secret@localhost.example.org/d":                                   "verify-full",
		"postgres://u:secret@127.0.0.1.example.org/d":                                   "verify-full",
		"postgres://localhost/d":                                                        "names no user",
		"postgres://u:secret@localhost/":                                                "no database",
		"postgres://u:secret@localhost/d?statement_timeout=0":                           "parameter",
		"postgres://u:secret@localhost/d?connect_timeout=soon":                          "connect_timeout",
		"postgres://u:secret@local host/d":                                              "no URL",
		"postgres://u:secret@db.example.org/d?sslmode=verify-full&sslrootcert=/nowhere": "sslrootcert",
		"postgres://u:secret@db.example.org/d?sslmode=verify-full&sslcert=/nowhere":     "sslcert",
		"postgres://u:secret@/d?host=/run/postgresql&sslmode=verify-full":               "verify-full",
	} {
		_, err := parsePostgres(url)
		if core.CodeOf(err) != core.Invalid || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: got %v, want it to be invalid because of %q", url, err, why)
		} else if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "example.org") {
			t.Errorf("%s: the error quotes the URL", url)
		}
	}
}

func FuzzParsePostgres(f *testing.F) {
	f.Add("postgres://u:p@localhost:5432/d?sslmode=disable")
	f.Add("postgres://u:p@db.example.org/d?sslmode=verify-full")
	f.Add("postgres://u@/d?host=/run/postgresql")
	f.Add("postgres://u@[::1]/d?host=db.example.org")
	f.Fuzz(func(t *testing.T, url string) {
		s, err := parsePostgres(url)
		if err != nil {
			if core.CodeOf(err) != core.Invalid {
				t.Errorf("the code is %q", core.CodeOf(err))
			}
			return
		}
		if s.tls == nil && !s.local() {
			t.Error("it goes to another machine in clear")
		}
	})
}
