package core

import (
	"context"
	"time"
)

// A Store keeps everything. storagetest.Run says what every Store must do.
type Store interface {
	// Read runs fn on a consistent view.
	Read(ctx context.Context, fn func(Reader) error) error

	// Tx runs fn in one transaction, which is committed if fn returns nil. It fails
	// with Conflict if it lost a race, Unavailable if the database is away: run it
	// again then. With Uncertain it may have been committed: run it again only if it
	// finds out, as a turn does by its seen mark.
	Tx(ctx context.Context, fn func(Tx) error) error

	// Now returns the store's clock, which all times in it are of.
	Now(ctx context.Context) (time.Time, error)
}

// A Reader is what may be asked without changing anything. Times come back in UTC,
// to the microsecond.
type Reader interface {
	Now(ctx context.Context) (time.Time, error)
	ActionReader
	AlertReader
	AudienceReader
	BroadcastReader
	BriefingReader
	ChatReader
	ConsentReader
	FollowReader
	InvitationReader
	MyDataReader
	NudgeReader
	OutboxReader
	PlaceReader
	ReminderReader
	RoleReader
	RsvpReader
	SearchReader
	SourceReader
	SponsorshipReader
	SupporterReader
	TeamReader
}

// A Tx is what may be asked and changed in one transaction.
type Tx interface {
	Reader
	ActionStore
	AlertStore
	AudienceStore
	BriefingStore
	BroadcastStore
	ChatStore
	ConsentStore
	ConversationStore
	FollowStore
	ForgetStore
	InvitationStore
	LeaseStore
	NudgeStore
	OutboxStore
	PlaceStore
	ReminderStore
	RetentionStore
	RoleStore
	RsvpStore
	RunStore
	SearchStore
	SlotStore
	SourceStore
	SponsorshipStore
	SupporterStore
	TallyStore
	TeamStore
}

// ChatReader finds chats and accounts.
type ChatReader interface {
	// Chat fails with NotFound if there is none.
	Chat(ctx context.Context, id ChatID) (*Chat, error)

	// Account fails with NotFound if there is none.
	Account(ctx context.Context, id AccountID) (*Account, error)

	// AccountsOf returns the accounts of a person.
	AccountsOf(ctx context.Context, s SupporterID) ([]Account, error)

	// AccountsAt returns the accounts whose home a chat is.
	AccountsAt(ctx context.Context, c ChatID) ([]Account, error)
}

// ChatStore keeps chats and accounts: the only two tables with platform ids.
type ChatStore interface {
	ChatReader

	// EnterChat locks the chat until the transaction ends, so that one chat has one
	// turn at a time whatever the number of processes, and returns it; it is created
	// on first sight.
	EnterChat(ctx context.Context, ref ChatRef, k ChatKind) (*Chat, error)

	// EnterAccount returns an account, created on first sight.
	EnterAccount(ctx context.Context, ref AccountRef) (*Account, error)

	// PutAccount stores Supporter and Home.
	PutAccount(ctx context.Context, a *Account) error

	// CloseChat marks a chat as gone, or as there again.
	CloseChat(ctx context.Context, id ChatID, closed bool) error

	// MoveChat gives a chat and its threads another name. What was known under the new
	// name is merged into it; if nothing was, what was closed under the old one is open.
	MoveChat(ctx context.Context, id ChatID, to ChatRef) error
}

// A Conversation is where one person in one chat stands: the flows that are open,
// the innermost last, and the menus of the turn that offered buttons last.
type Conversation struct {
	Chat     ChatID
	Account  AccountID // 0 when no person spoke
	Frames   []Frame
	Menus    []MenuToken
	Language string // chosen, before there is a Supporter to keep it
	Plain    bool   // text mode, chosen as Language is
	Last     *Answered
	Asked    bool // a message offers to share a position, and it was not taken away yet
	Greeted  bool // of a group, with Account 0: the bot has said there what it does
	At       time.Time
	Version  int
}

// An Answered is the last answer in words, for its correction: what was open when it
// came, and the message that held it, as the platform names it ("" if that is not known).
type Answered struct {
	In     ReceiptID   `json:"i,omitempty"`
	Frames []Frame     `json:"f"`
	Menus  []MenuToken `json:"m,omitempty"`
}

// A Frame is one open flow: the step it is at, and what it was told so far.
type Frame struct {
	Flow string            `json:"f"`
	Step string            `json:"s"`
	Data map[string]string `json:"d,omitempty"`
}

// ConversationStore keeps conversations, sealed.
type ConversationStore interface {
	// MarkSeen records an update, and fails with Conflict if it was recorded before.
	MarkSeen(ctx context.Context, b BotID, update string) error

	// Conversation returns an empty one if there is none.
	Conversation(ctx context.Context, c ChatID, a AccountID) (*Conversation, error)

	// PutConversation fails with Conflict if the stored Version is not c.Version;
	// otherwise it adds one to it.
	PutConversation(ctx context.Context, c *Conversation) error

	// DropConversations removes the conversations of an account in all chats but one.
	DropConversations(ctx context.Context, a AccountID, but ChatID) error

	// PutMenu stores the buttons of a message.
	PutMenu(ctx context.Context, m *Menu) error

	// Menu fails with NotFound if there is none.
	Menu(ctx context.Context, t MenuToken) (*Menu, error)

	// MenuOn returns the menu of the message that the platform named so in a chat, or
	// NotFound.
	MenuOn(ctx context.Context, c ChatID, r ReceiptID) (*Menu, error)
}

// OutboxReader looks into the outbox without taking anything.
type OutboxReader interface {
	// NextDue returns when the first thing that waits for a bot is due, its order and
	// limits aside; with "", the first task. Without lanes it looks in all of them. It is
	// zero if nothing waits.
	NextDue(ctx context.Context, b BotID, lanes ...Lane) (time.Time, error)

	// DueNow says in which lanes of a bot something is due at now.
	DueNow(ctx context.Context, b BotID, now time.Time) (Due, error)

	// CountWaiting returns how many messages of each lane wait for a bot, the copies of
	// running broadcasts among them. A lane in which none waits is left out.
	CountWaiting(ctx context.Context, b BotID) (map[Lane]int, error)
}

// Due says where something is due: in which lanes of the outbox, in no order, and
// whether among the copies of broadcasts.
type Due struct {
	Lanes  []Lane
	Copies bool
}

// OutboxStore holds what is to be sent. What a transaction enqueues is sent if and
// only if the transaction commits.
type OutboxStore interface {
	OutboxReader

	// Enqueue stores o and sets its ID and Key.
	Enqueue(ctx context.Context, o *Outgoing) error

	// Claim takes what is due, by (lane, due, id). Within a chat and lane an Outgoing
	// is taken only when all earlier ones that are due are settled. One that is not
	// settled by the end of its lease is taken again, as Unsure.
	Claim(ctx context.Context, c Claim) ([]*Outgoing, error)

	// Settle records the verdict of an attempt. With a final one the content is wiped.
	// It fails with Conflict if the Outgoing was claimed again since.
	Settle(ctx context.Context, o *Outgoing, v Verdict) error

	// SettleAll is Settle for several, in as few steps as it can. What was claimed again
	// since is left as it is.
	SettleAll(ctx context.Context, all []Settlement) error

	// ClaimRecipients takes copies of broadcasts under way as Claim does, in the bulk
	// lane; SettleRecipients records verdicts, and pauses a broadcast of which nothing
	// is sent any more. What was claimed again since is left as it is.
	ClaimRecipients(ctx context.Context, c Claim) ([]*Outgoing, error)
	SettleRecipients(ctx context.Context, all []Settlement) error

	// Receipt returns what a platform took for an Outgoing, or NotFound.
	Receipt(ctx context.Context, id OutgoingID) (Receipt, error)

	// PutBlob keeps bytes sealed until the retention line takes them; Blob fails with
	// NotFound when it did.
	PutBlob(ctx context.Context, b []byte) (BlobID, error)
	Blob(ctx context.Context, id BlobID) ([]byte, error)
}

// A Claim says what a dispatcher takes.
type Claim struct {
	Bot   BotID // of which bot; "" with Tasks
	Tasks bool  // tasks instead of messages
	Lanes []Lane
	Max   int
	Lease time.Duration // longer than any attempt takes
	Now   time.Time     // the store's clock, for who has just asked it; zero: it is asked
}

// PlaceReader finds places and areas.
type PlaceReader interface {
	// Place fails with NotFound if there is none.
	Place(ctx context.Context, id PlaceID) (*Place, error)

	// FindPlaces returns up to limit places whose postcode or folded name is text; if
	// there are none, those whose name begins with it. The largest come first.
	FindPlaces(ctx context.Context, text PlaceText, limit int) ([]Place, error)

	// SimilarNames returns the folded names, each once and that of the largest place
	// first, which a folded text with a slip of the finger may stand for: up to two
	// letters longer or shorter, and of the same first letter. Where the first letter is
	// the slip (wrong, missing, one too many, or swapped with the second), the next two
	// are right.
	SimilarNames(ctx context.Context, fold string) ([]string, error)

	// NearestPlace returns the place nearest to the centre of a cell, or NotFound.
	NearestPlace(ctx context.Context, c Cell) (*Place, error)

	// SeatOf returns the prefecture of an area, or NotFound.
	SeatOf(ctx context.Context, a AreaID) (*Place, error)

	// Area fails with NotFound if there is none.
	Area(ctx context.Context, id AreaID) (*Area, error)
}

// A PlaceText is what a person typed to name a place: Fold is the search key of a
// name, Postcode its digits; one of them is empty.
type PlaceText struct {
	Fold     string
	Postcode string
}

// PlaceStore keeps places and areas.
type PlaceStore interface {
	PlaceReader

	// PutPlaces stores places by Source, with the search key of each name, and returns
	// how many were new.
	PutPlaces(ctx context.Context, ps []NamedPlace) (int, error)
	PutAreas(ctx context.Context, as []Area) error
}

// A NamedPlace is a place with the search key of its name.
type NamedPlace struct {
	Place
	Fold string
}
