package core

import (
	"log/slog"
	"strings"
	"time"

	"tocsin/core/geo"
)

// A Platform names a chat network.
type Platform string

const (
	Telegram Platform = "telegram"
	Matrix   Platform = "matrix"
	Console  Platform = "console"
)

// A BotID names one account of ours on one platform: "telegram:4711",
// "matrix:@tocsin:example.org", "console:terminal".
type BotID string

// Platform returns the part before the first colon.
func (b BotID) Platform() Platform {
	p, _, _ := strings.Cut(string(b), ":")
	return Platform(p)
}

// A ChatRef addresses one chat, or one thread of it, as the platform names it.
// It prints and logs as its platform alone, since the ids tell who speaks to us.
type ChatRef struct {
	Bot    BotID
	Chat   string // opaque to all but the adapter
	Thread string // topic or thread in the chat; "" for the chat itself
}

func (c ChatRef) String() string       { return string(c.Bot.Platform()) + ":[chat]" }
func (c ChatRef) GoString() string     { return c.String() }
func (c ChatRef) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Root returns the chat that c is a thread of, or c itself.
func (c ChatRef) Root() ChatRef { return ChatRef{Bot: c.Bot, Chat: c.Chat} }

// An AccountRef names a person as one platform knows them. It prints and logs as
// its platform alone.
type AccountRef struct {
	Bot BotID
	ID  string // opaque to all but the adapter
}

func (a AccountRef) String() string       { return string(a.Bot.Platform()) + ":[account]" }
func (a AccountRef) GoString() string     { return a.String() }
func (a AccountRef) LogValue() slog.Value { return slog.StringValue(a.String()) }

// opening begins the name of a chat that is opened once something is to be said there.
const opening = "open:"

// OpenAt returns the private chat with an account that the adapter opens, or finds, once
// something is sent there (Capabilities.Opens). It then tells its true name (Migrated).
func OpenAt(a AccountRef) ChatRef { return ChatRef{Bot: a.Bot, Chat: opening + a.ID} }

// Opens reports whether c is a chat of OpenAt, and returns with whom.
func (c ChatRef) Opens() (AccountRef, bool) {
	who, is := strings.CutPrefix(c.Chat, opening)
	return AccountRef{Bot: c.Bot, ID: who}, is
}

// ChatID and AccountID stand for a ChatRef and an AccountRef everywhere but in
// the two tables that hold the real ids.
type (
	ChatID    int64
	AccountID int64
)

// ChatKind says who reads a chat.
type ChatKind string

const (
	Private ChatKind = "private" // one person and the bot
	Group   ChatKind = "group"   // several people: nothing personal is ever said there
	Channel ChatKind = "channel" // the bot speaks, others read
)

// A Chat is what the store knows of a chat.
type Chat struct {
	ID     ChatID
	Root   ChatID // the chat that this is a thread of, or itself: limits are the root's
	Ref    ChatRef
	Kind   ChatKind
	Closed bool // the person left, blocked the bot, or the chat is gone
}

// An Account is a person on one platform. Supporter is 0 until they
// consented and proved their sponsorship.
type Account struct {
	ID        AccountID
	Ref       AccountRef
	Supporter SupporterID
	Home      ChatID // the private chat where they last spoke to us; 0 if none
}

// Trust says how sure the platform is that the sender is who they say.
type Trust int

const (
	Plain      Trust = iota // the platform's word alone: it has nothing better
	Verified                // an encrypted chat, and a device that the person has verified
	Unverified              // not so, where it could be
	Foreign                 // a server from which the campaign takes no organisers
)

// Rank says what the platform lets a speaker do in a group.
type Rank int

const (
	Ordinary Rank = iota // or it is not known
	Manager              // may change what the group is: an administrator, or who may set the state of a room
)

// An Update is one thing that happened in a chat.
type Update struct {
	ID       string // unique on its bot; the second Update with an ID is dropped
	Chat     ChatRef
	Kind     ChatKind
	Sender   *AccountRef // nil when no person spoke: an anonymous admin, a channel
	Language string      // what the sender's client says, BCP 47; may be empty
	Trust    Trust
	Rank     Rank // of the sender
	At       time.Time
	Event    Event
}

// An Event is what happened: one of the types below.
type Event interface{ isEvent() }

// In a group only what is said to the bot is an Update: a command that is not for
// another bot, an answer to what it said, a message that names it, a press.

// A Command is a message that names something to do: "/near Lyon".
type Command struct{ Name, Arg string }

// A Text is any other written message. Edited says that it corrects an earlier one. In
// is the message as the platform names it, the same for both; "" if that is not known.
type Text struct {
	Body   string
	Edited bool
	In     ReceiptID
}

// A Press is a press on a Button. Platforms with buttons give the Token that the
// button carried; others name the message and the number of the choice, from 1.
type Press struct {
	Token  string
	On     ReceiptID
	Choice int
}

// A Position is a point that a person shared. It is coarsened before any write.
type Position struct {
	Point geo.Point
	Live  bool
}

// Media is anything that we do not read.
type Media struct{ Kind MediaKind }

// MediaKind names what a Media is.
type MediaKind string

const (
	Sticker   MediaKind = "sticker"
	Voice     MediaKind = "voice"
	Photo     MediaKind = "photo"
	Video     MediaKind = "video"
	File      MediaKind = "file"
	Contact   MediaKind = "contact"
	Forwarded MediaKind = "forwarded"
	Unknown   MediaKind = "unknown"
)

// A Membership says that the bot's own standing in the chat has changed.
type Membership struct{ Now Standing }

// Standing is what the bot is in a chat.
type Standing string

const (
	Added    Standing = "added"    // invited into a group, or unblocked
	Promoted Standing = "promoted" // made an administrator
	Removed  Standing = "removed"  // thrown out, blocked, or the chat was closed
)

// Migrated says that the chat goes on under another name.
type Migrated struct{ To ChatRef }

// Unreadable is a message that could not be decrypted.
type Unreadable struct{}

// Unheard says that the device from which somebody writes cannot read what we say there:
// nobody vouches for it.
type Unheard struct{}

func (Command) isEvent()    {}
func (Text) isEvent()       {}
func (Press) isEvent()      {}
func (Position) isEvent()   {}
func (Media) isEvent()      {}
func (Membership) isEvent() {}
func (Migrated) isEvent()   {}
func (Unreadable) isEvent() {}
func (Unheard) isEvent()    {}
