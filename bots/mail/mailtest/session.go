package mailtest

import (
	"errors"
	"io"
	"slices"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A session is one connection, as the protocol library calls it.
type session struct {
	server   *Server
	conn     *smtp.Conn
	user     string // who logged in
	from, to string
	utf8     bool
}

var _ smtp.AuthSession = (*session)(nil)

func (s *session) Reset()        { s.from, s.to = "", "" }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, o *smtp.MailOptions) error {
	if s.server.options.User != "" && s.user == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.from, s.utf8 = from, o != nil && o.UTF8
	return s.strike(atMail, from)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.strike(atRcpt, to); err != nil {
		return err
	}
	s.to = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	l, err := read(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	_, l.Encrypted = s.conn.TLSConnectionState()
	l.From, l.To, l.User, l.Greeting, l.UTF8 = s.from, s.to, s.user, s.conn.Hostname(), s.utf8

	s.server.mu.Lock()
	refused := s.server.faults[afterEnd].code != 0
	s.server.mu.Unlock()
	if !refused {
		s.server.keep(l)
	}
	return s.strike(afterEnd, s.to)
}

func (s *session) AuthMechanisms() []string {
	switch {
	case s.server.options.User == "":
		return nil
	case s.server.options.Logins != nil:
		return s.server.options.Logins
	}
	return []string{sasl.Plain, sasl.Login}
}

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if !slices.Contains(s.AuthMechanisms(), mechanism) {
		return nil, smtp.ErrAuthUnknownMechanism
	}
	if mechanism == sasl.Login {
		return &login{check: s.login}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return s.login(user, password) }), nil
}

// login takes the one right user and password. Its refusal repeats both, since a
// server may.
func (s *session) login(user, password string) error {
	if user != s.server.options.User || password != s.server.options.Password {
		return &smtp.SMTPError{
			Code:         535,
			EnhancedCode: smtp.EnhancedCode{5, 7, 8},
			Message:      "wrong: " + user + " " + password,
		}
	}
	s.user = user
	return nil
}

// login is the server's side of the LOGIN mechanism, which asks for the user and
// then for the password.
type login struct {
	check func(user, password string) error
	asked int
	user  string
}

func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	l.asked++
	switch l.asked {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	case 3:
		return nil, true, l.check(l.user, string(response))
	}
	return nil, false, errors.New("mailtest: login is over")
}
