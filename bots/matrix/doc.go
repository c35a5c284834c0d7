// Package matrix connects one account of Matrix: a core.Adapter on the client-server API,
// a client like any other, with encryption where a room asks for it.
//
// Of the library mautrix-go it uses the calls, the event types, and with the build tag
// goolm the encryption. Its sync loop and its cryptohelper are left out: they count events
// as received that nobody has handled.
//
// # In
//
// A sync gives the events of many rooms and a token for the next. We read ahead in memory:
// the next sync is asked for while the events of the last are handled, and the token that
// is saved is that of the oldest sync whose events all are. Keys reach us outside of rooms
// and are gone from the server with the next sync, so they are on disk before that. What
// cannot be decrypted yet is kept, sealed, until its key comes, and at most 7 days.
//
// # Out
//
// Each part of a message goes under a transaction id that is made from its key, so that a
// repeat shows nothing twice as long as the server remembers: Synapse for a day, Dendrite
// until it restarts. What the server has shown us is not sent again either. Answers are notices, which never ring; what somebody should hear of is
// text. Into a room of which we do not know whether it is encrypted, nothing is sent.
//
// # What is kept
//
// The library's tables for keys and room state, and ours for the device, the token and the
// rooms, stand in a database of their own: a SQLite file, or a database on PostgreSQL. They
// hold the ids of people and rooms in clear, which docs/privacy.md says.
//
// The rules come from the specification (spec.matrix.org, v1.19) and from the sources of
// Synapse and Dendrite.
package matrix
