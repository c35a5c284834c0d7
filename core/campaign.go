package core

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// A Campaign is what the campaign file says. Every key has a default, so that an
// empty file is a campaign too.
type Campaign struct {
	Name       string            `toml:"-"` // CAMPAIGN_NAME
	SponsorURL string            `toml:"-"` // SPONSOR_URL: where one can sponsor
	PrivacyURL string            `toml:"-"` // PRIVACY_URL
	Language   string            `toml:"-"` // DEFAULT_LANGUAGE
	Zone       string            `toml:"-"` // DEFAULT_TIMEZONE
	End        string            `toml:"campaign_end"`
	Country    string            `toml:"country"`
	Kinds      []Kind            `toml:"kind"`
	Silences   []Silence         `toml:"silence"`
	Jobs       map[string]string `toml:"jobs"`
	Sources    []SourceID        `toml:"sources"` // where it is announced: /start src_poster
	Matrix     MatrixRules       `toml:"matrix"`

	// How many messages that we begin a person gets in seven days, unless they chose, and
	// how many people hear at once of one action that nobody approved for more.
	ContactBudget int `toml:"contact_budget"`
	InstantMost   int `toml:"instant_most"`

	// How many Stars one broadcast may cost on Telegram, to be faster; 0: nothing is paid.
	PaidBudget int `toml:"paid_budget"`
}

// MatrixRules say what the operator of the homeserver allows, and whom we let invite us.
type MatrixRules struct {
	Unlimited bool `toml:"unlimited"` // the homeserver does not limit the bot
	Discreet  bool `toml:"discreet"`  // it does not show what it has read, nor that it is typing

	Nobody     bool     `toml:"nobody"`      // may invite it
	Users      []string `toml:"users"`       // may invite it, and so on; without any of these three, the people of its own server
	Servers    []string `toml:"servers"`     // whose people may; "*": any
	MembersOf  string   `toml:"members_of"`  // a space, or another room, whose members may
	Rooms      bool     `toml:"rooms"`       // into rooms too, not into direct chats alone
	MaxRooms   int      `toml:"max_rooms"`   // it is in so many at most
	MaxMembers int      `toml:"max_members"` // of so many people at most
	Space      string   `toml:"space"`       // where the rooms that follow a place are listed
	Organisers []string `toml:"organisers"`  // servers from whose people commands of organisers are taken; empty: any
}

// The rooms that the bot is in on Matrix, unless the campaign says otherwise.
const (
	DefaultMatrixRooms   = 200
	DefaultMatrixMembers = 1000
)

// completed returns r with its defaults, checked.
func (r MatrixRules) completed() (MatrixRules, error) {
	if r.MaxRooms == 0 {
		r.MaxRooms = DefaultMatrixRooms
	}
	if r.MaxMembers == 0 {
		r.MaxMembers = DefaultMatrixMembers
	}
	for _, u := range r.Users {
		if !strings.HasPrefix(u, "@") || !strings.Contains(u, ":") {
			return r, invalidKey("matrix.users", "must look like @anna:example.org")
		}
	}
	for _, s := range slices.Concat(r.Servers, r.Organisers) {
		if s == "" || s != "*" && strings.ContainsAny(s, "@/ *") {
			return r, invalidKey("matrix.servers and matrix.organisers", "must look like example.org")
		}
	}
	for key, room := range map[string]string{"members_of": r.MembersOf, "space": r.Space} {
		if room != "" && !strings.HasPrefix(room, "!") {
			return r, invalidKey("matrix."+key, "must be the id of a room, which begins with !")
		}
	}
	if r.MaxRooms < 0 || r.MaxMembers < 0 {
		return r, invalidKey("matrix.max_rooms and matrix.max_members", "must not be negative")
	}
	return r, nil
}

// A Kind is a kind of action, with its name in each language.
type Kind struct {
	ID    KindID            `toml:"id"`
	Emoji string            `toml:"emoji"`
	Name  map[string]string `toml:"name"`
}

// A Silence is an interval in which nothing but answers is sent to its areas: the
// electoral silence of French law (Code électoral, L. 49) is one. From and Until
// are local times of Zone, as "2027-04-10T00:00".
type Silence struct {
	Areas []AreaID `toml:"areas"` // empty: everywhere
	Zone  string   `toml:"zone"`
	From  string   `toml:"from"`
	Until string   `toml:"until"`
	from  time.Time
	until time.Time
}

// Covers reports whether s holds for area at t. Where we do not know the area
// (World), any silence holds.
func (s *Silence) Covers(area AreaID, t time.Time) bool {
	if t.Before(s.from) || !t.Before(s.until) {
		return false
	}
	return len(s.Areas) == 0 || area == World || slices.ContainsFunc(s.Areas, func(a AreaID) bool { return a.Holds(area) })
}

// Span returns when s begins and ends.
func (s *Silence) Span() (from, until time.Time) { return s.from, s.until }

// DefaultKinds are the kinds of a campaign that names none.
var DefaultKinds = []Kind{
	{"leafleting", "📰", map[string]string{"fr": "tractage", "en": "leafleting"}},
	{"canvassing", "🚪", map[string]string{"fr": "porte-à-porte", "en": "canvassing"}},
	{"postering", "🪧", map[string]string{"fr": "collage", "en": "postering"}},
	{"stall", "⛺", map[string]string{"fr": "stand au marché", "en": "market stall"}},
	{"phoning", "📞", map[string]string{"fr": "appels téléphoniques", "en": "phone bank"}},
	{"meeting", "💬", map[string]string{"fr": "réunion publique", "en": "public meeting"}},
	{"other", "📌", map[string]string{"fr": "autre action", "en": "other action"}},
}

// DefaultJobs are the cron lines of the jobs, on the clocks of the campaign's zone.
var DefaultJobs = map[string]string{
	"digests":   "*/5 * * * *",
	"instant":   "* * * * *",
	"nudges":    "*/15 * * * *",
	"demand":    "23 * * * *",
	"reminders": "* * * * *",
	"briefings": "*/10 * * * *",
	"retention": "17 4 * * *",
}

// The defaults of a campaign that sets none, and the widest that it may set.
const (
	DefaultContactBudget = 7
	MaxContactBudget     = 100
	DefaultInstantMost   = 5_000
)

// ParseCampaign reads a campaign file (TOML). It fails with Invalid, naming the key,
// if a key is not known or a value breaks a rule.
func ParseCampaign(r io.Reader) (*Campaign, error) {
	var c Campaign
	meta, err := toml.NewDecoder(r).Decode(&c)
	if err != nil {
		return nil, Wrap(Invalid, err, "core: parse campaign file")
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, invalidKey(unknown[0].String(), "is not a key of a campaign file")
	}
	return c.completed()
}

// completed returns c with its defaults, checked.
func (c Campaign) completed() (*Campaign, error) {
	if c.Country == "" {
		c.Country = "FR"
	}
	if len(c.Kinds) == 0 {
		c.Kinds = DefaultKinds
	}
	if c.ContactBudget == 0 {
		c.ContactBudget = DefaultContactBudget
	}
	if c.InstantMost == 0 {
		c.InstantMost = DefaultInstantMost
	}
	var err error
	if c.Matrix, err = c.Matrix.completed(); err != nil {
		return nil, err
	}
	jobs := make(map[string]string, len(DefaultJobs))
	for name, line := range DefaultJobs {
		jobs[name] = line
	}
	for name, line := range c.Jobs {
		if _, ok := DefaultJobs[name]; !ok {
			return nil, invalidKey("jobs."+name, "is not a job")
		}
		jobs[name] = line
	}
	c.Jobs = jobs
	return &c, c.check()
}

func (c *Campaign) check() error {
	if c.End != "" {
		if _, err := time.Parse(time.DateOnly, c.End); err != nil {
			return invalidKey("campaign_end", "is not a date such as 2027-05-31")
		}
	}
	if c.ContactBudget < 0 || c.ContactBudget > MaxContactBudget {
		return invalidKey("contact_budget", "is not from 1 to 100")
	}
	if c.InstantMost < 0 {
		return invalidKey("instant_most", "is less than 1")
	}
	if c.PaidBudget < 0 {
		return invalidKey("paid_budget", "is less than 0")
	}
	seen := map[KindID]bool{}
	for _, k := range c.Kinds {
		switch {
		case !slug(string(k.ID)):
			return invalidKey("kind.id", "must be letters a to z, digits and hyphens")
		case seen[k.ID]:
			return invalidKey("kind.id", "stands twice: "+string(k.ID))
		case len(k.Name) == 0:
			return invalidKey("kind.name", "is missing for "+string(k.ID))
		}
		seen[k.ID] = true
	}
	for i, s := range c.Sources {
		switch {
		case !slug(string(s)):
			return invalidKey("sources", "must be of letters a to z, digits and hyphens, 40 at most")
		case slices.Contains(c.Sources[:i], s):
			return invalidKey("sources", "has this twice: "+string(s))
		}
	}
	for i := range c.Silences {
		if err := c.Silences[i].parse(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Silence) parse() error {
	loc, err := time.LoadLocation(s.Zone)
	if err != nil || s.Zone == "" {
		return invalidKey("silence.zone", "is not a time zone such as Europe/Paris")
	}
	const layout = "2006-01-02T15:04"
	if s.from, err = time.ParseInLocation(layout, s.From, loc); err != nil {
		return invalidKey("silence.from", "is not a time such as 2027-04-10T00:00")
	}
	if s.until, err = time.ParseInLocation(layout, s.Until, loc); err != nil || !s.until.After(s.from) {
		return invalidKey("silence.until", "is not a time after silence.from")
	}
	return nil
}

// Kind returns the kind with an id; one that is gone from the file has its id as
// its name.
func (c *Campaign) Kind(id KindID) Kind {
	for _, k := range c.Kinds {
		if k.ID == id {
			return k
		}
	}
	return Kind{ID: id, Emoji: "📌"}
}

// In returns the name of the kind in a language, or in any that it has.
func (k Kind) In(language string) string {
	if n := k.Name[language]; n != "" {
		return n
	}
	for _, l := range []string{"fr", "en"} {
		if n := k.Name[l]; n != "" {
			return n
		}
	}
	return string(k.ID)
}

// Silent reports whether nothing but answers may go to area at t.
func (c *Campaign) Silent(area AreaID, t time.Time) bool {
	return slices.ContainsFunc(c.Silences, func(s Silence) bool { return s.Covers(area, t) })
}

// AfterSilence returns the first instant from t on at which messages that we begin may go
// to area.
func (c *Campaign) AfterSilence(area AreaID, t time.Time) time.Time {
	for range c.Silences { // one may begin where another ends
		for i := range c.Silences {
			if c.Silences[i].Covers(area, t) {
				t = c.Silences[i].until
			}
		}
	}
	return t
}

// BudgetOf returns how many messages that we begin somebody gets in seven days: their own
// choice, else the campaign's.
func (c *Campaign) BudgetOf(s *Settings) int {
	switch {
	case s.Budget != nil:
		return *s.Budget
	case c.ContactBudget == 0: // no file was read
		return DefaultContactBudget
	}
	return c.ContactBudget
}

// Domain returns the host of the campaign's site: what is ours in names that must
// be unique in the world. Without a site it is one that can never be.
func (c *Campaign) Domain() string {
	if u, err := url.Parse(c.SponsorURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "tocsin.invalid"
}

func slug(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

func invalidKey(key, why string) error {
	return &Error{Code: Invalid, Err: fmt.Errorf("campaign file: %s %s", key, why)}
}
