package storage

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// mine gathers what is held about one person. It asks table by table, by keys that have
// an index: the tables hold everybody.
type mine struct {
	*tx
	out      *core.MyData
	of       core.SupporterID // 0: nobody yet
	proof    core.Fingerprint // of their sponsorship
	accounts []core.AccountID
	named    map[core.AccountID]string // as the platform names them
	private  []core.ChatID             // their private chats and the threads of those
	chats    []core.ChatID             // these, and the rooms in which they spoke
	called   map[core.ChatID]string    // as the platform names them
}

// MyData implements core.MyDataReader.
func (t *tx) MyData(ctx context.Context, a core.AccountID) (*core.MyData, error) {
	account, err := t.Account(ctx, a)
	if err != nil {
		return nil, err
	}
	now, err := t.Now(ctx)
	if err != nil {
		return nil, err
	}
	m := &mine{
		tx: t, out: &core.MyData{Schema: core.MyDataSchema, Made: now}, of: account.Supporter,
		named: map[core.AccountID]string{}, called: map[core.ChatID]string{},
	}
	all := []core.Account{*account}
	if m.of != 0 {
		if all, err = t.AccountsOf(ctx, m.of); err != nil {
			return nil, err
		}
	}
	for _, a := range all {
		m.accounts, m.named[a.ID] = append(m.accounts, a.ID), a.Ref.ID
	}
	for _, gather := range []func(context.Context) error{
		m.whereTheySpeak, m.person, m.sponsorship, m.consents, m.roles, m.answers, m.organised, m.searches, m.digests, m.contacts,
		m.conversations, m.codes, m.attempts, m.messages, m.broadcasts, m.sendings, m.audiences, m.buttons, m.receipts,
	} {
		if err := gather(ctx); err != nil {
			return nil, err
		}
	}
	m.name(all)
	return m.out, nil
}

// name lists the accounts, once the names of their chats are known.
func (m *mine) name(all []core.Account) {
	m.out.Accounts = []core.MyAccount{}
	for _, a := range all {
		m.out.Accounts = append(m.out.Accounts, core.MyAccount{
			Platform: a.Ref.Bot.Platform(), Bot: a.Ref.Bot, ID: a.Ref.ID, Home: m.called[a.Home],
		})
	}
}

// A myChatRow is a chat and the limit of its root.
type myChatRow struct {
	chatRow
	NextAt micros
	Held   micros
}

// myChats are the private chats of some accounts, and every room in which they have a
// conversation.
const myChats = `
	SELECT c.id, c.root, b.name AS bot, c.kind, c.closed, c.sealed,
		coalesce(s.next_at, 0) AS next_at, coalesce(s.held, 0) AS held
	FROM chats AS c JOIN bots AS b ON b.id = c.bot
	LEFT JOIN slots AS s ON s.bot = c.bot AND s.chat = c.root AND c.kind = 'private'
	WHERE c.id IN (` + privateChats + ` UNION SELECT v.chat FROM conversations AS v WHERE v.account IN (?0))
	ORDER BY c.id`

func (m *mine) whereTheySpeak(ctx context.Context) error {
	var rows []myChatRow
	if err := m.NewRaw(myChats, bun.List(m.accounts)).Scan(ctx, &rows); err != nil {
		return failed(err, "read chats of person")
	}
	m.out.Chats = []core.MyChat{}
	for i := range rows {
		r := &rows[i]
		c, err := m.chat(&r.chatRow)
		if err != nil {
			return err
		}
		m.chats, m.called[c.ID] = append(m.chats, c.ID), c.Ref.Chat
		if c.Kind == core.Private {
			m.private = append(m.private, c.ID)
		}
		m.out.Chats = append(m.out.Chats, core.MyChat{
			Bot: c.Ref.Bot, ID: c.Ref.Chat, Thread: c.Ref.Thread, Kind: c.Kind, Closed: c.Closed,
			Next: r.NextAt.Time(), Held: r.Held.Time(),
		})
	}
	return nil
}

func (m *mine) person(ctx context.Context) error {
	if m.of == 0 {
		return nil
	}
	s, err := m.Supporter(ctx, m.of)
	if err != nil {
		return err
	}
	p := &core.MyPerson{
		State: s.State, Name: s.Name, Language: s.Language, Zone: s.Zone, Area: s.Area, RadiusKm: s.Radius,
		Often: s.Often, Stopped: s.Stopped, Settings: mySettings(&s.Settings), Since: s.Since, Seen: s.Seen,
	}
	if s.Cell != 0 {
		const km2 = 1 // 1.27 on average
		p.Cell = myCell(s.Cell, km2)
	}
	if s.Place != 0 {
		place, err := m.Place(ctx, s.Place)
		if err != nil && core.CodeOf(err) != core.NotFound {
			return err
		}
		if err == nil {
			p.Place = place.Name
		}
	}
	m.out.Person = p
	p.AreaName, err = m.areaName(ctx, s.Area)
	return err
}

func mySettings(s *core.Settings) core.MySettings {
	q, leads := s.QuietHours(), s.ReminderLeads()
	return core.MySettings{
		Kinds: append([]core.KindID{}, s.Kinds...), Times: append([]core.Times{}, s.Times...),
		Quiet: core.MyQuiet{From: q.From, Until: q.Until, Chosen: s.Quiet != nil}, Plain: s.Plain, Held: s.Held, Moved: undone(s.Moved),
		Line: s.Line, Free: s.Free, Budget: s.Budget, Pause: s.Pause, Snoozed: snoozed(s),
		Reminders: core.MyLeads{First: leads.First, Last: leads.Last, Chosen: s.Leads != nil},
	}
}

func snoozed(s *core.Settings) []core.MySnooze {
	out := []core.MySnooze{}
	for _, k := range slices.Sorted(maps.Keys(s.Snoozed)) {
		out = append(out, core.MySnooze{Kind: k, Until: s.Snoozed[k]})
	}
	return out
}

// myCell describes a cell of any level. Its middle is given to three decimals, a hundred
// metres, since more would look like a point.
func myCell(c core.Cell, km2 int) *core.MyCell {
	const decimals = 1000
	p := c.Center()
	return &core.MyCell{
		Token: c.Token(), AboutKm2: km2,
		Lat: math.Round(p.Lat*decimals) / decimals, Lon: math.Round(p.Lon*decimals) / decimals,
	}
}

// areaName returns the name of an area, or "" if the gazetteer does not have it.
func (m *mine) areaName(ctx context.Context, id core.AreaID) (string, error) {
	if id == core.World {
		return "", nil
	}
	a, err := m.Area(ctx, id)
	switch core.CodeOf(err) {
	case "":
		return a.Name, nil
	case core.NotFound:
		return "", nil
	}
	return "", err
}

// sponsorship tells of the registry only what the person proved; an address that was
// merely typed is not looked up.
func (m *mine) sponsorship(ctx context.Context) error {
	if m.of == 0 {
		return nil
	}
	var proof []byte
	if err := m.NewRaw("SELECT proof FROM supporters WHERE id = ?", m.of).Scan(ctx, &proof); err != nil {
		return failed(err, "read proof of supporter")
	}
	m.out.Sponsorship = &core.MySponsorship{}
	if copy(m.proof[:], proof) == 0 {
		return nil
	}
	m.out.Sponsorship.Linked = true
	s, err := m.Sponsorship(ctx, m.proof)
	if core.CodeOf(err) == core.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	m.out.Sponsorship = &core.MySponsorship{Linked: true, Day: s.At, Department: s.Department, Revoked: s.Revoked, Barred: s.Barred}
	return nil
}

func (m *mine) consents(ctx context.Context) error {
	m.out.Consents = []core.MyConsent{}
	if m.of == 0 {
		return nil
	}
	cs, err := m.Consents(ctx, m.of)
	for _, c := range cs {
		m.out.Consents = append(m.out.Consents, core.MyConsent{
			Purpose: c.Purpose, Given: c.Given, Version: c.Version, Platform: c.Platform, Day: core.DayOf(c.At), At: c.At,
		})
	}
	return err
}

func (m *mine) roles(ctx context.Context) error {
	m.out.Roles = []core.MyRole{}
	if m.of == 0 {
		return nil
	}
	gs, err := m.Grants(ctx, m.of)
	for _, g := range gs {
		name, err := m.areaName(ctx, g.Area)
		if err != nil {
			return err
		}
		m.out.Roles = append(m.out.Roles, core.MyRole{
			Role: g.Role, Area: g.Area, AreaName: name, Account: m.named[g.Account], Expires: g.Expires,
		})
	}
	return err
}

// undone returns when the move was undone that settings speak of; zero if none was.
func undone(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
