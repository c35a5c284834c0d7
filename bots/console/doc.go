// Package console is a chat in the terminal: a core.Adapter for one person at a
// keyboard, or for a script. It keeps the other adapters honest, and lets the bot be
// tried without an account anywhere.
//
// # What is typed
//
//	/near Lyon             a command; so is !near Lyon
//	(location 48.85 2.35)  a shared position; so are (position …) and geo:48.85,2.35
//	2                      anything else is text: the number of a choice, its label, words
//
// A line of more than 64 KiB comes as a core.Media of kind Unknown. Control
// characters are left out, what is not UTF-8 is replaced, an empty line is nothing.
//
// # Three ways to talk
//
// Where In and Out are both a terminal, the line can be edited and earlier lines come
// back with the arrow keys; what the bot says appears above the line that is being
// typed, its lines broken between words. Ctrl-C and Ctrl-D end the chat, and so do
// SIGHUP, SIGINT, SIGQUIT and SIGTERM. A line ends there at 4096 characters: more is
// not taken, nor shown. The terminal is as it was before once the input has ended, so
// that from then on Ctrl-C ends the program itself. A panic in another part of the
// program leaves it raw. What else the program has to say, as log lines, goes to
// Adapter.Screen.
//
// Anywhere else, lines come in and messages go out as plain text, each followed by a
// blank line. A line is handled before the next one is read; one that could not be is
// given again until it is.
//
// # Numbered
//
// A script that must survive a restart of the bot, on either side, numbers what it
// says, and is told what has come of it. One line is one thing:
//
//	in   12<tab>text             from the chat that Adapter.Chat names
//	in   12<tab>@ada<tab>text    from the chat called ada
//	out  =<tab>12                line 12 is handled for good
//	out  !<tab>12                it is not: give it again
//	out  ?<tab>3                 the third line that was read has no such form
//	out  KEY<tab>"text"          a message, as a JSON string
//	out  KEY<tab>@ada<tab>"text" a message to the chat called ada
//	out  #<tab>text              written to Adapter.Screen
//
// A number is the ID of an update: a line that is given twice is handled once. A
// message that is sent twice has the same key, and a reader drops the second. A line
// without an end is not taken, since the rest of it may have been lost; a reader, too,
// drops a line that is torn.
//
// # The end
//
// Run returns at the end of the input, once every line has its answer. The replies
// may still wait in the outbox then: a program that is to print them lets its
// dispatcher send what is due before it stops. Send works before, during and after Run.
//
// Where Out is the program's own standard output or error and its reader is gone, the
// Go runtime ends the program, as for any filter; the outbox has what was not printed.
package console
