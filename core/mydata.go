package core

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
)

// MyDataSchema names the form of a MyData as a file. A field that is added changes the
// number no more than a value does; one that goes, or comes to mean something else,
// raises it. docs/mydata.md describes each field.
const MyDataSchema = "tocsin.mydata/1"

// MyDataPerDay is how often an account may ask for its file.
var MyDataPerDay = Quota{Kind: "mydata.day", Max: 3, Window: 24 * time.Hour}

// MyDataReader gathers what is held about one person.
type MyDataReader interface {
	// MyData returns all that is held about who speaks from an account: with a
	// supporter, of all their accounts. The cause of the file, its language and its
	// meanings are left to the caller. It fails with NotFound if there is no such account.
	//
	// Nothing in it depends on whether an address that was typed and not proven stands in
	// the registry: the file is no oracle.
	MyData(ctx context.Context, a AccountID) (*MyData, error)
}

// A MyData is all that is held about one person, as the file that they are given. This is
// a public format, so the tags stand here, unlike in all other types of core. Times are
// RFC 3339 in UTC, days YYYY-MM-DD; what is not known is left out, a list is empty.
type MyData struct {
	Schema        string            `json:"schema"` // MyDataSchema
	Made          time.Time         `json:"made"`
	Campaign      string            `json:"campaign"`
	Language      string            `json:"language"`    // of Meanings and NotHere
	Person        *MyPerson         `json:"person"`      // null until the sponsorship is proven
	Sponsorship   *MySponsorship    `json:"sponsorship"` // null as Person is
	Accounts      []MyAccount       `json:"accounts"`
	Chats         []MyChat          `json:"chats"`
	Consents      []MyConsent       `json:"consents"`
	Roles         []MyRole          `json:"roles"`
	Answers       []MyAnswer        `json:"answers"`
	Organised     []MyOrganised     `json:"organised"`
	Searches      []MySearch        `json:"searches"`
	Digests       *MyDigests        `json:"digests"` // null as Person is
	Contacts      []MyContacts      `json:"contacts"`
	Conversations []MyConversation  `json:"conversations"`
	Codes         []MyCode          `json:"codes"`
	Attempts      []MyAttempts      `json:"attempts"`
	Messages      []MyMessage       `json:"messages"`
	Broadcasts    []MyBroadcast     `json:"broadcasts"`
	Sendings      []MySending       `json:"sendings"`
	Audiences     []MyAudience      `json:"audiences"`
	Buttons       []MyButtons       `json:"buttons"`
	Receipts      []MyReceipt       `json:"receipts"`
	NotHere       []string          `json:"not_here"` // what is left out, and why
	Meanings      map[string]string `json:"meanings"` // of each field of this file, by its path
}

// MyPerson is the supporter.
type MyPerson struct {
	State    SupporterState `json:"state"`
	Name     string         `json:"name"`
	Language string         `json:"language"`
	Zone     string         `json:"zone"`
	Cell     *MyCell        `json:"cell,omitempty"`
	Place    string         `json:"place,omitempty"`
	Area     AreaID         `json:"area,omitempty"`
	AreaName string         `json:"area_name,omitempty"`
	RadiusKm Radius         `json:"radius_km"`
	Often    Often          `json:"often"`
	Stopped  bool           `json:"stopped"`
	Settings MySettings     `json:"settings"`
	Since    Day            `json:"since"`
	Seen     Day            `json:"seen"`
}

// MyCell is a cell of the earth's surface: the finest that is held of where somebody is.
type MyCell struct {
	Token    string  `json:"token"` // of the S2 library
	Lat      float64 `json:"lat"`   // of the middle, to three decimals
	Lon      float64 `json:"lon"`
	AboutKm2 int     `json:"about_km2"`
}

// MySettings are a person's Settings.
type MySettings struct {
	Kinds []KindID  `json:"kinds"`
	Times []Times   `json:"times"`
	Quiet MyQuiet   `json:"quiet"`
	Plain bool      `json:"plain"`
	Held  Day       `json:"held,omitempty"`
	Moved time.Time `json:"moved,omitzero"` // the move that was undone

	Line    CronLine   `json:"line,omitempty"` // when digests come, where the usual times were not wanted
	Free    bool       `json:"free"`
	Budget  *int       `json:"budget,omitempty"`
	Pause   Day        `json:"pause,omitempty"`
	Snoozed []MySnooze `json:"snoozed"`

	Reminders MyLeads `json:"reminders"`
}

// MyLeads are how long before an action a person is reminded, in hours; 0 is not at all.
type MyLeads struct {
	First  int  `json:"first"`
	Last   int  `json:"last"`
	Chosen bool `json:"chosen"` // false: nothing was chosen, and these are the usual leads
}

// MySnooze is a kind of action that is not announced for a while.
type MySnooze struct {
	Kind  KindID `json:"kind"`
	Until Day    `json:"until"`
}

// MyDigests are what was announced to the person, and when the next digest comes.
type MyDigests struct {
	Next time.Time `json:"next,omitzero"`
	Last time.Time `json:"last,omitzero"`
	Told []MyTold  `json:"told"`

	Nudge    NudgeStep `json:"nudge,omitempty"` // what is offered next
	NudgeDue time.Time `json:"nudge_due,omitzero"`
}

// MyTold is an action that was announced.
type MyTold struct {
	Action string    `json:"action"` // its title
	Starts time.Time `json:"starts"` // as it stood then
}

// MyContacts are how many messages the bot began with the person on a day.
type MyContacts struct {
	Day   Day `json:"day"`
	Count int `json:"count"`
}

// MySending is a broadcast that the person proposed, or approved.
type MySending struct {
	Text     string         `json:"text"`
	State    BroadcastState `json:"state"`
	Moved    time.Time      `json:"moved"` // when it came into this state
	Due      time.Time      `json:"due,omitzero"`
	Proposed bool           `json:"proposed"` // else approved only
}

// MyAudience is an audience that the person keeps under a name.
type MyAudience struct {
	Name    string `json:"name"`
	Filters string `json:"filters"` // as JSON
}

// MyQuiet are hours of the day in which nothing but answers is sent.
type MyQuiet struct {
	From   int  `json:"from"`
	Until  int  `json:"until"`
	Chosen bool `json:"chosen"` // false: nothing was chosen, and these are the usual hours
}

// MySponsorship is what the registry says of the sponsorship that the person proved.
type MySponsorship struct {
	Linked     bool   `json:"linked"` // by a fingerprint of the address, which is not shown
	Day        Day    `json:"day,omitempty"`
	Department string `json:"department,omitempty"`
	Revoked    bool   `json:"revoked"`
	Barred     bool   `json:"barred"`
}

// MyAccount is an account of the person on a platform.
type MyAccount struct {
	Platform Platform `json:"platform"`
	Bot      BotID    `json:"bot"`
	ID       string   `json:"id"`             // as the platform names the person
	Home     string   `json:"home,omitempty"` // the chat where they last spoke, as the platform names it
}

// MyChat is a chat in which the person spoke.
type MyChat struct {
	Bot    BotID     `json:"bot"`
	ID     string    `json:"id"`
	Thread string    `json:"thread,omitempty"`
	Kind   ChatKind  `json:"kind"`
	Closed bool      `json:"closed"`
	Next   time.Time `json:"next,omitzero"` // when the bot may write there again
	Held   time.Time `json:"held,omitzero"` // until when the platform asked it to wait
}

// MyConsent is one answer to one purpose.
type MyConsent struct {
	Purpose  Purpose   `json:"purpose"`
	Given    bool      `json:"given"`
	Version  string    `json:"version"`
	Platform Platform  `json:"platform"`
	Day      Day       `json:"day"`
	At       time.Time `json:"at"`
}

// MyRole is a role that the person took up.
type MyRole struct {
	Role     RoleName  `json:"role"`
	Area     AreaID    `json:"area"`
	AreaName string    `json:"area_name,omitempty"`
	Account  string    `json:"account,omitempty"` // that took it up, as the platform names it
	Expires  time.Time `json:"expires"`
}

// MyAnswer is the person's answer to an action.
type MyAnswer struct {
	Action  string    `json:"action"` // its title
	Starts  time.Time `json:"starts"`
	Answer  Answer    `json:"answer"`
	Guests  int       `json:"guests"`
	Changes int       `json:"changes"`
	Day     Day       `json:"day"`

	Reminder time.Time `json:"reminder,omitzero"` // when the next one is due
	Reminded int       `json:"reminded"`          // how many came, of the last start
}

// MyOrganised is an action that the person organises, and of which they were told.
type MyOrganised struct {
	Action  string    `json:"action"` // its title
	Starts  time.Time `json:"starts"`
	Told    bool      `json:"told"`  // on its eve, how many come
	Asked   bool      `json:"asked"` // afterwards, how it went
	Outcome Outcome   `json:"outcome,omitempty"`
	Day     Day       `json:"day,omitempty"` // of the outcome
}

// MySearch is a search that found nothing.
type MySearch struct {
	Cell MyCell `json:"cell"`
	Week Day    `json:"week"` // its Monday
}

// JSON returns d as a file: keys in the order of the fields, two spaces a level, a line
// break at the end.
func (d *MyData) JSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return nil, Wrap(Internal, err, "core: write my data")
	}
	return b.Bytes(), nil
}
