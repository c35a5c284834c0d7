// Package telegramtest runs a Bot API server for tests. It speaks real HTTP, keeps
// people, chats and messages, and lets a test play everybody who is not the bot:
//
//	srv := telegramtest.New(t, telegramtest.Options{})
//	… a program that uses srv.URL() and srv.Bot().Token …
//	ada := srv.User("Ada", "fr")
//	ada.Start("")
//	menu := ada.Next(t)
//	ada.Tap(menu, "Agenda").Answer(t)
//
// Time is virtual unless Options say otherwise: long polls, rates, windows and the
// retries of webhooks go by Server.Now, and Advance lets it pass. In a
// testing/synctest bubble take Real time and InMemory. A program in another process
// takes Real time and the URL; Open gives a plain http.Handler.
//
// # What it models
//
// The sources are the documentation of the Bot API 10.1 (11 June 2026), Telegram's FAQ
// and webhook guide, and what the public server (tdlib/telegram-bot-api, with
// tdlib/td) does and says: its order of checks, its limits and the exact words of
// its errors.
//
//   - HTTP: the paths, the four kinds of bodies, the shapes and codes of all errors.
//     A parameter or a field of a keyboard that the Bot API does not know is a problem
//     that fails the test, since the real server ignores it in silence.
//   - getUpdates: offsets and how they are ignored, kept and expired updates, the
//     conflicts of two pollers, the quirks of hasty ones, allowed_updates that stick,
//     ids that restart.
//   - Webhooks: one delivery at a time for each chat, and for each person's taps; the
//     attempts after 0, 2, 4, 8 … s up to 60 to 120; Retry-After, 410 for 23 hours,
//     calls in the answer.
//   - Sends, edits and deletions, with the checks of texts, entities, captions,
//     keyboards, topics, replies, files and places.
//   - HTML: the tags, references and errors of the real parser, and entities in UTF-16
//     units; URLs, addresses, commands, mentions and hashtags are found in plain texts.
//   - Chats: who may write to whom, privacy mode, anonymous administrators, channels
//     that write in groups, topics, a group that becomes a supergroup. Ids of private
//     chats and groups have gaps: they share one sequence.
//   - Rates by token buckets, with a record of calls that came before a retry_after
//     was over; a lane of paid messages.
//   - Faults: Plan makes the n-th call of a method go wrong in fifteen ways, one of
//     which is that the message is sent and the answer lost.
//
// # What it does not model
//
// The real limits of rates, keyboards and the window of callback answers are not
// published: those here are what Telegram or the community names. Markdown is
// reported and not parsed. Media are not processed: a photo is measured, no more, and
// nothing is loaded from the web. There are no rich messages, polls, payments,
// business accounts, inline queries, reactions, join requests, forwarding by bots,
// slow mode or restricted members, and no data centres. The test environment is the
// same world as the other. Of a migration, my_chat_member tells nothing. Entities of
// one kind that touch are not joined. chat_member is not sent when people come and go,
// nor are the limits kept that a server has of its own: of new tokens from one address,
// of a thousand calls or three hundred messages at once, of many uploads of one size.
package telegramtest
