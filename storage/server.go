package storage

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"

	"tocsin/core"
)

// A postgresServer is what the URL of a PostgreSQL database says.
type postgresServer struct {
	network, address         string
	user, password, database string
	application              string
	searchPath               string
	tls                      *tls.Config // nil: in clear, on this machine alone
	connectTimeout           time.Duration
}

// parsePostgres reads postgres://user:password@host:port/database?sslmode=verify-full.
// It fails with Invalid, and never quotes the URL.
func parsePostgres(text string) (*postgresServer, error) {
	const what = "read database URL"
	u, err := url.Parse(text)
	if err != nil {
		return nil, invalid(what, "it is no URL")
	}
	s := &postgresServer{database: strings.TrimPrefix(u.Path, "/"), application: "tocsin", connectTimeout: 10 * time.Second}
	s.password, _ = u.User.Password()
	if s.user = u.User.Username(); s.user == "" || s.database == "" {
		return nil, invalid(what, "it names no user or no database")
	}
	query := u.Query()
	s.setAddress(u, query.Get("host"))
	for name, values := range query {
		if err := s.set(name, values[len(values)-1]); err != nil {
			return nil, err
		}
	}
	if s.tls, err = s.readTLS(query); err != nil {
		return nil, err
	}
	return s, nil
}

// set takes one parameter of the URL.
func (s *postgresServer) set(name, value string) error {
	switch name {
	case "host", "sslmode", "sslrootcert", "sslcert", "sslkey": // setAddress, readTLS
	case "application_name":
		s.application = value
	case "search_path":
		s.searchPath = value
	case "connect_timeout":
		d, err := time.ParseDuration(value + "s")
		if err != nil || d <= 0 {
			return invalid("read database URL", "connect_timeout is not a number of seconds")
		}
		s.connectTimeout = d
	default:
		return invalid("read database URL", "it has a parameter that is not known")
	}
	return nil
}

// setAddress finds the server: the host of the URL or, as psql has it, a folder with a
// socket in the parameter host; this machine if there is neither.
func (s *postgresServer) setAddress(u *url.URL, host string) {
	port := u.Port()
	if port == "" {
		port = "5432"
	}
	if strings.HasPrefix(host, "/") {
		s.network, s.address = "unix", host
		if !strings.HasPrefix(filepath.Base(host), ".s.PGSQL.") {
			s.address = filepath.Join(host, ".s.PGSQL."+port)
		}
		return
	}
	if host == "" {
		host = u.Hostname()
	}
	if host == "" {
		host = "localhost"
	}
	s.network, s.address = "tcp", net.JoinHostPort(host, port)
}

// host returns the name that the server's certificate must be for.
func (s *postgresServer) host() string {
	host, _, _ := net.SplitHostPort(s.address)
	return host
}

// local reports whether the server is on this machine.
func (s *postgresServer) local() bool {
	if s.network == "unix" || s.host() == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(s.host())
	return err == nil && ip.IsLoopback()
}

// readTLS returns the settings of sslmode=verify-full: a chain to a root of the file
// sslrootcert or of the system, and the host's name. In clear goes only what stays on
// this machine. The driver's own reading of sslmode verifies too little.
func (s *postgresServer) readTLS(query url.Values) (*tls.Config, error) {
	const what = "read database URL"
	switch mode := query.Get("sslmode"); {
	case mode == "verify-full" && s.network == "tcp":
	case (mode == "" || mode == "disable") && s.local():
		return nil, nil
	default:
		return nil, invalid(what, "a server on another machine needs sslmode=verify-full; on this one there is also sslmode=disable")
	}
	conf := &tls.Config{ServerName: s.host(), MinVersion: tls.VersionTLS12}
	if file := query.Get("sslrootcert"); file != "" && file != "system" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, core.Wrap(core.Invalid, bareError(err), "storage: read sslrootcert")
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, invalid("read sslrootcert", "it holds no certificate")
		}
	}
	if cert, key := query.Get("sslcert"), query.Get("sslkey"); cert != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, invalid("read sslcert and sslkey", "they are no certificate and its key")
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	return conf, nil
}

// connector returns a connector whose sessions have the given settings. A server that
// is gone without a word is noticed by the system within about half a minute.
func (s *postgresServer) connector(session map[string]any) *pgdriver.Connector {
	params := make(map[string]any, len(session)+1)
	for name, value := range session {
		params[name] = value
	}
	if s.searchPath != "" {
		params["search_path"] = s.searchPath
	}
	dialer := &net.Dialer{
		Timeout:         s.connectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3},
	}
	return pgdriver.NewConnector(
		pgdriver.WithNetwork(s.network), pgdriver.WithAddr(s.address),
		pgdriver.WithUser(s.user), pgdriver.WithPassword(s.password), pgdriver.WithDatabase(s.database),
		pgdriver.WithApplicationName(s.application), pgdriver.WithTLSConfig(s.tls),
		pgdriver.WithDialTimeout(s.connectTimeout), pgdriver.WithReadTimeout(0), pgdriver.WithWriteTimeout(0),
		pgdriver.WithTracing(false), pgdriver.WithConnParams(params),
		func(c *pgdriver.Config) {
			c.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, address)
			}
		},
	)
}
