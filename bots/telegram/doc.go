// Package telegram connects one bot account of Telegram: a core.Adapter on the Bot API.
//
// Of the library go-telegram-bot-api/v5 it uses the request, the upload and the inbound
// types, bound to a context, a deadline and an HTTP client of our own: the rest of it
// loses updates, hides status codes or shows the token in errors.
//
// # In
//
// Updates come by long polling or by webhook. A batch is confirmed, by the offset of the
// next getUpdates, once the queue has answered for all of it; so nothing is stored here,
// and what comes twice is dropped by its id. Telegram restarts its ids at random after a
// week without updates: the offset is always that of the last batch, and never compared.
//
// # Out
//
// A message is text in parts of at most 4096 UTF-16 units, then a venue, then a file; a
// picture stands above its text. Text is escaped HTML made of spans. A platform that
// cannot tell a repeat makes what was lost after it was written uncertain, and nothing
// else.
//
// Only answers make a sound, and no link is shown as a page. What core has no word for is
// never sent: replies, effects, web apps; and nothing is paid for
// that does not say so. Nor is anything protected from
// forwarding, since that keeps people from saving what is theirs, such as their data.
//
// The rules come from core.telegram.org/bots/api, /bots/faq and /bots/features (Bot API
// 10.1) and from the source of Telegram's own server, tdlib/telegram-bot-api.
package telegram
