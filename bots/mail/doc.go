// Package mail sends letters by SMTP. It is the platform's core.Mailer: the code
// that proves an address goes out through it, and nothing else.
//
// What it promises:
//
//   - The text leaves this machine encrypted, to a server whose certificate was
//     verified, or it does not leave. Only a server on the same machine is spoken
//     to in clear.
//   - The error says how sure we are: Invalid (refused for good), Unavailable (not
//     sent, may be tried again), Uncertain (the text was sent, the answer was lost).
//   - No error and no log line holds an address, a password or words of the
//     server, which may repeat either: only the answer's numbers are kept.
//   - A letter that is sent again carries the same Message-ID.
//   - A letter has no link, no picture and nothing to fetch.
//
// Each letter has a connection of its own: codes are few, and a connection kept
// open is one more state to lose. At most four are open at a time.
package mail
