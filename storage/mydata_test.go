package storage_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/storage"
)

// whereColumns say of every column of the schema where the file of /mydata shows it, or
// why it does not: a line "table.column | path | what stands there" or "table.columns | -
// | reason". In what stands there, NAME is the person's name in the test and TODAY the
// day; * is anything.
const whereColumns = `
accounts.id | - | a number of ours, which only joins rows: it would tell how many we are
accounts.bot | accounts[].bot | telegram:1
accounts.supporter | - | a number of ours; it is how the rest is found
accounts.home | accounts[].home | chat-NAME
accounts.find | - | a keyed hash of the account, which only finds the row
accounts.sealed | accounts[].id | account-NAME
actions.title | organised[].action | title of the action
actions.starts_at | organised[].starts | *
actions.title | answers[].action | title of the action
actions.starts_at | answers[].starts | *
actions.id source sequence kind ends_at zone online place area lat lon cell capacity taken quorum visibility state note team | - | public, or a sum: what people said to an action stands in rsvps
areas.name | person.area_name | areaname-NAME
areas.id kind | - | of the gazetteer
blobs.sealed | messages[].file.content | content-NAME
blobs.id uid day | - | found by the message that waits with it; nothing else leads to a person
bots.name | chats[].bot | telegram:1
bots.id | - | a number of ours
audiences.sealed | audiences[].name | kept-NAME
audiences.sealed | audiences[].filters | {}
audiences.id supporter | - | numbers of ours
briefings.eve | organised[].told | true
briefings.after | organised[].asked | true
briefings.outcome | organised[].outcome | few
briefings.day | organised[].day | 2099-03-22
briefings.supporter action | - | numbers of ours
broadcasts.sealed | broadcasts[].text | left-NAME
broadcasts.sealed | sendings[].text | left-NAME
broadcasts.due | broadcasts[].due | 2009-03-10T08:00:00Z
broadcasts.due | sendings[].due | 2009-03-10T08:00:00Z
broadcasts.state | sendings[].state | running
broadcasts.moved | sendings[].moved | *
broadcasts.proposer | sendings[].proposed | true
broadcasts.approver | - | a number of ours; it is how sendings are found
broadcasts.id uid kind original why blob menu expires again large hash frozen upto streak counts | - | the campaign's: it is the same for everybody
challenges.account | codes[].account | account-NAME
challenges.made | codes[].made | 2099-03-10T08:00:03Z
challenges.tries | codes[].tries | 4
challenges.sends | codes[].sends | 5
challenges.last_send | codes[].last_send | 2099-03-10T08:00:06Z
challenges.closed | codes[].closed | false
challenges.fingerprint | - | a keyed hash of an address that was typed and not proven; the address stands in the open conversation for as long as it is held
challenges.code | - | a secret that proves the mailbox: who reads the file must not learn it
chats.bot | chats[].bot | telegram:1
chats.kind | chats[].kind | private
chats.closed | chats[].closed | true
chats.sealed | chats[].id | chat-NAME
chats.sealed | chats[].thread | thread-NAME
chats.id root | - | numbers of ours
chats.find | - | a keyed hash of the chat, which only finds the row
consents.purpose | consents[].purpose | team
consents.given | consents[].given | true
consents.version | consents[].version | version-NAME
consents.platform | consents[].platform | platform-NAME
consents.day | consents[].day | 2099-03-15
consents.sealed | consents[].at | 2099-03-15T08:00:01Z
consents.id supporter | - | numbers of ours
contacts.day | contacts[].day | 2099-03-18
contacts.count | contacts[].count | 2
contacts.supporter | - | a number of ours
conversations.chat | conversations[].chat | chat-NAME
conversations.day | conversations[].day | TODAY
conversations.sealed | conversations[].at | 2099-03-10T08:00:07Z
conversations.sealed | conversations[].language | spoken-NAME
conversations.sealed | conversations[].plain | true
conversations.sealed | conversations[].open[].flow | flow-NAME
conversations.sealed | conversations[].open[].step | step-NAME
conversations.sealed | conversations[].open[].typed[].name | key-NAME
conversations.sealed | conversations[].open[].typed[].value | typed-NAME
conversations.sealed | conversations[].last.message | last-NAME
conversations.sealed | conversations[].last.open[].flow | lastflow-NAME
conversations.sealed | conversations[].last.open[].step | laststep-NAME
conversations.sealed | conversations[].last.open[].typed[].name | lastkey-NAME
conversations.sealed | conversations[].last.open[].typed[].value | lasttyped-NAME
conversations.account version | - | numbers of ours
digests.due | digests.next | 2099-03-10T08:00:14Z
digests.last | digests.last | 2099-03-10T08:00:13Z
digests.told | digests.told[].action | title of the action
digests.told | digests.told[].starts | 2099-03-10T08:00:15Z
nudges.step | digests.nudge | 2
nudges.due | digests.nudge_due | 2099-03-10T08:00:18Z
nudges.supporter | - | a number of ours
demands.cell day | - | a square of 320 km² of which somebody was told, and the week: nobody's
digests.supporter told_until version | - | numbers of ours; told_until follows from what was told
follows.chat place radius language | - | which places a group follows; who asked for it is not kept
grants.account | roles[].account | account-NAME
grants.role | roles[].role | lead
grants.area | roles[].area | area-NAME
grants.area | roles[].area_name | areaname-NAME
grants.expires | roles[].expires | 2099-03-10T08:00:02Z
grants.id supporter | - | numbers of ours
invitations.hash subject uses expires | - | a link that anybody may pass on, and what it leads to: an action, a team or the campaign, never a person
leases.name holder term expires | - | of the processes
menus.chat | buttons[].chat | chat-NAME
menus.sealed | buttons[].buttons[].label | label-NAME
menus.sealed | buttons[].buttons[].does | do.NAME arg-NAME
menus.day | buttons[].day | TODAY
menus.token | - | a random name, which who knows it could press
menus.account message | - | numbers of ours
meta.key value | - | of the database itself: which keys it is sealed with
offers.hash role area expires | - | a role that waits for whoever types its code: it is nobody's yet
openings.action since waiting called | - | of public actions, not of people
outbox.chat | messages[].chat | chat-NAME
outbox.lane | messages[].lane | 2
outbox.kind | messages[].kind | reference
outbox.sealed | messages[].text | third-NAME
outbox.sealed | messages[].about | about-NAME
outbox.sealed | messages[].file.name | file-NAME
outbox.sealed | messages[].file.type | text/NAME
outbox.sealed | messages[].file.bytes | *
outbox.due | messages[].due | 2009-03-10T08:00:00Z
outbox.next_at | messages[].next | 2099-03-10T08:00:11Z
outbox.expires | messages[].expires | 2099-03-10T08:00:09Z
outbox.again | messages[].again | once
outbox.state | messages[].state | sent
outbox.attempt | messages[].attempts | 2
outbox.unsure | messages[].unsure | true
outbox.code | messages[].why | why-NAME
outbox.receipt | messages[].parts[] | part-NAME
outbox.id bot account | - | numbers of ours; a task has no account, and is nobody's
outbox.uid settled | - | a random name, and how the attempts are told apart
places.name | person.place | place-NAME
places.id source fold country area lat lon cell population zone seat | - | of the gazetteer
postcodes.code place | - | of the gazetteer
posts.chat action message sequence shown language day | - | which actions were announced in a group
receipts.chat | receipts[].chat | chat-NAME
receipts.part | receipts[].part | part-NAME
receipts.day | receipts[].day | TODAY
receipts.message | - | a number of ours
recipients.chat | broadcasts[].chat | chat-NAME
recipients.state | broadcasts[].state | sent
recipients.next_at | broadcasts[].next | 2099-03-10T08:00:10Z
recipients.attempt | broadcasts[].attempts | 2
recipients.unsure | broadcasts[].unsure | true
recipients.code | broadcasts[].why | because-NAME
recipients.receipt | broadcasts[].parts[] | copy-NAME
recipients.answer | broadcasts[].answer | 2
recipients.id broadcast bot account settled wave target | - | numbers of ours
rsvps.answer | answers[].answer | going
rsvps.guests | answers[].guests | 2
rsvps.changes | answers[].changes | 3
rsvps.day | answers[].day | 2099-03-17
reminders.due | answers[].reminder | 2099-03-10T08:00:16Z
reminders.sent | answers[].reminded | 1
reminders.supporter action start version | - | numbers of ours, and when the action began as the last reminder came
rsvps.supporter action | - | numbers of ours
runs.job planned started ended count outcome | - | of the jobs
searches.cell | searches[].cell.token | 47f4ec
searches.cell | searches[].cell.lat | *
searches.cell | searches[].cell.lon | *
searches.cell | searches[].cell.about_km2 | 320
searches.day | searches[].week | 2099-03-16
searches.supporter | - | a number of ours
seen_updates.bot update_id at | - | the platform's number of an update, which leads to no person
slots.next_at | chats[].next | 2099-03-10T08:00:12Z
slots.held | chats[].held | 2099-03-10T08:00:12Z
slots.bot chat ready_at got | - | numbers of ours; ready_at follows from next_at and the limit
sources.id joined | - | how many signed up from where: a sum
sponsorships.fingerprint | sponsorship.linked | true
sponsorships.day | sponsorship.day | 2099-03-14
sponsorships.department | sponsorship.department | department-NAME
sponsorships.revoked | sponsorship.revoked | true
sponsorships.barred | sponsorship.barred | true
supporters.state | person.state | suspended
supporters.name | person.name | name-NAME
supporters.language | person.language | language-NAME
supporters.zone | person.zone | zone-NAME
supporters.cell | person.cell.token | 47f4eafc
supporters.cell | person.cell.lat | *
supporters.cell | person.cell.lon | *
supporters.cell | person.cell.about_km2 | 1
supporters.place | person.place | place-NAME
supporters.area | person.area | area-NAME
supporters.area | person.area_name | areaname-NAME
supporters.radius | person.radius_km | 37
supporters.often | person.often | weekly
supporters.stopped | person.stopped | true
supporters.settings | person.settings.kinds[] | kind-NAME
supporters.settings | person.settings.times[] | evenings
supporters.settings | person.settings.quiet.from | 3
supporters.settings | person.settings.quiet.until | 4
supporters.settings | person.settings.quiet.chosen | true
supporters.settings | person.settings.plain | true
supporters.settings | person.settings.held | 2099-03-13
supporters.settings | person.settings.moved | 2099-03-12T00:00:00Z
supporters.settings | person.settings.line | 1 2 * * 3
supporters.settings | person.settings.free | true
supporters.settings | person.settings.budget | 5
supporters.settings | person.settings.pause | 2099-03-19
supporters.settings | person.settings.snoozed[].kind | snoozed-NAME
supporters.settings | person.settings.snoozed[].until | 2099-03-20
supporters.settings | person.settings.reminders.first | 49
supporters.settings | person.settings.reminders.last | 7
supporters.settings | person.settings.reminders.chosen | true
supporters.since | person.since | 2099-03-11
supporters.seen | person.seen | 2099-03-12
supporters.proof | sponsorship.linked | true
supporters.id | - | a number of ours: it would tell how many we are
supporters.radius_class | - | follows from the radius
tallies.kind | attempts[].kind | mine-NAME
tallies.kind | attempts[].kind | ours-NAME
tallies.count | attempts[].count | 2
tallies.bucket | attempts[].since | *
tallies.subject | - | a keyed hash of whom is counted, which only finds the row
teams.id name area | - | a team's own; nobody is in one yet
`

// ofTheFile are the fields that come from no column.
var ofTheFile = []string{"schema", "made", "campaign", "language", "accounts[].platform", "not_here[]"}

// A shownColumn is one line of whereColumns.
type shownColumn struct{ column, path, marker string }

// columnsShown reads whereColumns.
func columnsShown(t *testing.T) []shownColumn {
	t.Helper()
	var out []shownColumn
	for line := range strings.Lines(strings.TrimSpace(whereColumns)) {
		field := strings.Split(strings.TrimSpace(line), " | ")
		if len(field) != 3 || len(field[2]) < 1 {
			t.Fatalf("no line of three parts: %q", line)
		}
		table, columns, _ := strings.Cut(field[0], ".")
		for column := range strings.FieldsSeq(columns) {
			out = append(out, shownColumn{table + "." + column, field[1], field[2]})
		}
	}
	return out
}

func TestEveryColumnIsInMyDataOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	shown := columnsShown(t)
	onBoth(t, func(t *testing.T, c storage.Config, raw func() *sql.DB) {
		s, err := storage.Open(t.Context(), c)
		must(t, err)
		defer s.Close()
		db := raw()
		known := map[string]bool{}
		for _, line := range strs(t, db, columnsOf[kindOf(c)]) {
			column, _, _ := strings.Cut(line, " ")
			known[column] = true
			if !slices.ContainsFunc(shown, func(w shownColumn) bool { return w.column == column }) {
				t.Errorf("nothing says where a person's %s is shown, or why it is not", column)
			}
		}
		for _, w := range shown {
			if !known[w.column] {
				t.Errorf("there is no column %s", w.column)
			}
		}
		a := anAction(t, s)
		gone, stays := lived(t, s, db, "gone", a), lived(t, s, db, "stays", a)
		for name, id := range map[string]core.AccountID{"gone": gone.ID, "stays": stays.ID} {
			wantShown(t, s, shown, name, export(t, s, id))
		}
		if strings.Contains(export(t, s, stays.ID), "gone") || strings.Contains(export(t, s, gone.ID), "stays") {
			t.Error("a file speaks of somebody else")
		}
	})
}

// anAction stores an action, with a fixed title.
func anAction(t *testing.T, s *storage.Store) core.ActionID {
	t.Helper()
	a := &core.Action{
		Source: "x", Title: "title of the action", Kind: "other", State: core.Public, Visibility: core.ForEveryone, Zone: "UTC",
		StartsAt: time.Now(), EndsAt: time.Now().Add(time.Hour), Point: geo.Point{Lat: 45, Lon: 5},
	}
	must(t, s.Tx(t.Context(), func(tx core.Tx) error {
		_, _, err := tx.PutActions(t.Context(), []*core.Action{a})
		return err
	}))
	return a.ID
}

// wantShown looks for what stands in each column at its place in a file, and for secrets.
func wantShown(t *testing.T, s *storage.Store, shown []shownColumn, name, file string) {
	t.Helper()
	var fields any
	must(t, json.Unmarshal([]byte(file), &fields))
	found := map[string][]string{}
	leaves(found, "", fields)
	now, err := s.Now(t.Context())
	must(t, err)
	fill := strings.NewReplacer("NAME", name, "TODAY", string(core.DayOf(now)))
	for _, w := range shown {
		want := fill.Replace(w.marker)
		there := found[w.path]
		if w.path != "-" && !slices.Contains(there, want) && (w.marker != "*" || len(there) == 0) {
			t.Errorf("%s: %q is not at %s, where there is %q", w.column, want, w.path, there)
		}
	}
	for path := range found {
		if !slices.ContainsFunc(shown, func(w shownColumn) bool { return w.path == path }) && !slices.Contains(ofTheFile, path) {
			t.Errorf("%s is of no column", path)
		}
	}
	for _, secret := range []string{"31415926", "draft-", "token-of-", "@example.org"} {
		if strings.Contains(file, secret) {
			t.Errorf("the file holds %q", secret)
		}
	}
}

// leaves collects the values of a file by their paths.
func leaves(out map[string][]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			leaves(out, strings.TrimPrefix(path+"."+name, "."), e)
		}
	case []any:
		for _, e := range v {
			leaves(out, path+"[]", e)
		}
	case nil:
	default:
		out[path] = append(out[path], fmt.Sprint(v))
	}
}

// myData returns what is held about who speaks from an account.
func myData(t *testing.T, s *storage.Store, id core.AccountID) (d *core.MyData, err error) {
	t.Helper()
	err = s.Read(t.Context(), func(r core.Reader) error {
		d, err = r.MyData(t.Context(), id)
		return err
	})
	return d, err
}

// export returns that as a file, without the time at which it was made.
func export(t *testing.T, s *storage.Store, id core.AccountID) string {
	t.Helper()
	d, err := myData(t, s, id)
	must(t, err)
	d.Made = time.Time{}
	b, err := d.JSON()
	must(t, err)
	return string(b)
}

// What is sealed as a whole has fields that no schema shows: one that is added must find
// its place in the file, or a reason why not.
func TestWhatIsSealedAsAWholeIsShownWhole(t *testing.T) {
	t.Parallel()
	for of, known := range map[reflect.Type]string{
		reflect.TypeFor[core.Settings]():     "Kinds Times Quiet Plain Held Moved Line Free Budget Pause Snoozed Leads",
		reflect.TypeFor[core.Quiet]():        "From Until",
		reflect.TypeFor[core.Leads]():        "First Last",
		reflect.TypeFor[core.Told]():         "Action Sequence StartsAt",                                               // not the sequence: how often the action changed
		reflect.TypeFor[core.Conversation](): "Chat Account Frames Menus Language Plain Last Asked Greeted At Version", // not the menus: random names; not Asked: a button of ours; Greeted is a group's
		reflect.TypeFor[core.Answered]():     "In Frames Menus",
		reflect.TypeFor[core.Frame]():        "Flow Step Data",
		reflect.TypeFor[core.Message]():      "Body Buttons Menu AskHere Here Unask Pin File Open Listing",                      // what is said; buttons stand apart, a pin is public; listing is of a group
		reflect.TypeFor[core.Letterhead]():   "Speaker Area Texts File Action Answers Audience Rooms Start Expires Again Stars", // the campaign's, but for what was said
		reflect.TypeFor[core.Attachment]():   "Name MIME Blob Data",
		reflect.TypeFor[core.Reference]():    "Kind Supporter Subjects Sequences Language Of Rule", // what it is about; the rest is numbers of ours, and why
		reflect.TypeFor[core.Edit]():         "Of Message Parts",
		reflect.TypeFor[core.Button]():       "Label Do URL", // the address leads to what Do is about
		reflect.TypeFor[core.Do]():           "Verb Arg",
	} {
		var fields []string
		for i := range of.NumField() {
			fields = append(fields, of.Field(i).Name)
		}
		if got := strings.Join(fields, " "); got != known {
			t.Errorf("%v has the fields %q; the file knows %q", of, got, known)
		}
	}
}

// A list that is empty is [] and not null, whoever asks.
func TestMyDataHasNoListThatIsNull(t *testing.T) {
	t.Parallel()
	s := open(t, sqliteURL(t))
	var id core.AccountID
	must(t, s.Tx(t.Context(), func(tx core.Tx) error {
		a, err := tx.EnterAccount(t.Context(), core.AccountRef{Bot: lifeBot, ID: "stranger"})
		if err == nil {
			id = a.ID
		}
		return err
	}))
	d, err := myData(t, s, id)
	must(t, err)
	v := reflect.ValueOf(*d)
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Slice && f.IsNil() && v.Type().Field(i).Name != "NotHere" {
			t.Errorf("%s is null", v.Type().Field(i).Name)
		}
	}
}
