package core

import (
	"strings"

	"tocsin/core/geo"
	"tocsin/core/locale"
)

// A Span is a run of text in one style. Text is never markup: adapters escape it,
// so no name and no title can break or inject formatting.
type Span = locale.Span

// A Message is what the bot says, before a platform has formatted it. It goes to
// the database sealed, as JSON; so field names are short and never reused.
type Message struct {
	Body    []Span      `json:"b,omitempty"`
	Buttons []Button    `json:"k,omitempty"`
	Menu    MenuToken   `json:"m,omitempty"` // what the buttons are pressed on
	AskHere bool        `json:"l,omitempty"` // offer to share a position, where the platform can
	Here    string      `json:"h,omitempty"` // with AskHere: the label of that offer
	Unask   bool        `json:"u,omitempty"` // the offer of an earlier message is over
	Pin     *Pin        `json:"p,omitempty"` // a public place, shown on a map
	File    *Attachment `json:"f,omitempty"`
	Open    bool        `json:"o,omitempty"` // it tells nothing of anybody: devices that nobody vouches for may read it
	Listing Listing     `json:"g,omitempty"` // what it says about the group that it goes to
}

// Listing says whether a group wants to be found among those of the campaign, where the
// platform has a list of them.
type Listing string

const (
	AsListed Listing = "" // nothing is said
	Listed   Listing = "listed"
	Unlisted Listing = "unlisted"
)

// A Button offers one choice. Do says what a press does; it stays with us, and
// only the menu's token and the button's number leave. With a URL, a press opens that
// instead, and tells us nothing, where the platform has such buttons.
type Button struct {
	Label string `json:"l"`
	Do    Do     `json:"d"`
	URL   string `json:"u,omitempty"`
}

// A Do names what a press does: a verb and what it is about, "rsvp.going 42" or,
// within a step, only an answer, "yes".
type Do struct {
	Verb Verb   `json:"v"`
	Arg  string `json:"a,omitempty"`
}

// A Verb is an answer within a step ("yes"), or, with a dot, an action that a flow
// offers in every state ("rsvp.going").
type Verb string

// Standing reports whether v works in every state, and long after it was offered.
func (v Verb) Standing() bool { return strings.Contains(string(v), ".") }

// A Pin is the public place of an action.
type Pin struct {
	Point geo.Point `json:"p"`
	Title string    `json:"t"`
}

// An Attachment is a file that goes with a message. Its content waits in a sealed
// blob until the message is sent.
type Attachment struct {
	Name string `json:"n"` // "action.ics"
	MIME string `json:"m"` // "text/calendar"
	Blob BlobID `json:"b"`
	Data []byte `json:"-"` // there when the message is rendered
}

// BlobID names sealed bytes with a retention line.
type BlobID int64

// MenuToken names the buttons of one message: 16 characters of [a-z2-7].
type MenuToken string

// A Menu is the buttons of one message, as they were offered.
type Menu struct {
	Token   MenuToken
	Chat    ChatID
	Account AccountID  // who may press; 0 for anyone in the chat
	Message OutgoingID // what carries the buttons
	Buttons []Button
}

// Parts returns how many messages of a platform m is made of, which its limits count: the
// text, in as many as it takes where one holds maxText units, the place and the file. 0
// means that one holds any text.
func (m *Message) Parts(maxText int) int {
	n := 0
	switch {
	case len(m.Body) == 0:
	case maxText == 0:
		n = 1
	default:
		n = len(locale.Split(m.Body, maxText, nil))
	}
	for _, is := range []bool{m.Pin != nil, m.File != nil} {
		if is {
			n++
		}
	}
	return max(1, n)
}

// PlainText returns the body without styles.
func (m *Message) PlainText() string { return locale.PlainText(m.Body) }
