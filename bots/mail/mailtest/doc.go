// Package mailtest runs an SMTP server for tests. It speaks the real protocol, with
// STARTTLS and logins, keeps the letters that it takes, and can be told to refuse, to
// cut the connection or to stand still.
//
// Start listens on loopback TCP. Pipe works in memory, for tests inside a
// testing/synctest bubble, where a wait on TCP never counts as idle:
//
//	srv := mailtest.Pipe(t)
//	sender, err := mail.New(mail.Config{URL: srv.URL(), From: "a@example.org", Dialer: srv.Dial})
//	…
//	letters := srv.Wait(t, 1)
package mailtest
