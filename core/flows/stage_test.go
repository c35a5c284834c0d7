package flows_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/bots/mail"
	"tocsin/bots/mail/mailtest"
	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/conversation/transcript"
	"tocsin/core/flows"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
	"tocsin/core/locale"
	"tocsin/scheduler"
	"tocsin/storage"
)

// opening is when every transcript begins: Wednesday 10 March 2027, 9:00 in Paris.
var opening = time.Date(2027, 3, 10, 8, 0, 0, 0, time.UTC)

// shapes are the platforms that a transcript can be played on.
var shapes = map[string]core.Capabilities{
	"buttons": {Buttons: true, Edits: true, Redacts: true, Files: true, StartURL: "https://t.me/tocsin_bot?start="},
	"numbers": {Files: true, Lists: true},
}

// A stage is the whole bot on a real database and a real mail server, in front of a
// platform that only remembers what it was given. It lives in a synctest bubble.
type stage struct {
	t     *testing.T
	on    platform // this stage itself, unless it is in front of a real one
	bot   *conversation.Bot
	store *storage.Store
	mail  *mailtest.Server
	can   core.Capabilities
	lang  string
	wake  [2]chan struct{} // of the dispatcher, and of the tasks
	dir   string           // of the database and the key file
	log   *record
	pass  func(time.Duration) // lets time pass until all is still

	mu    sync.Mutex
	shown []string
	sent  []*core.Message           // what shown was made of
	at    []time.Time               // when each was shown
	keys  map[string][]key          // by chat: the buttons that can be seen
	wrote map[string]core.ReceiptID // by person and chat: the last message
	runs  map[string]bool           // by person and chat: who runs the group
	files []*core.Attachment
	here  string // the chat of the last line
	code  string
	offer string // the payload of the last invitation
	away  bool   // the mail server
	read  int    // letters
	n     int    // updates
}

var _ platform = (*stage)(nil)

// A record is a log that can be read while it is written.
type record struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(p)
}

func (r *record) Bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.buf.Bytes())
}

func (r *record) String() string { return string(r.Bytes()) }

// A key is a button that can be seen.
type key struct {
	label string
	token string
	on    core.ReceiptID // the message that carries it
	typed bool           // it asks for a position: phones have a keyboard there, which writes
}

// open starts a stage and stops it with the test.
func open(t *testing.T, shape, lang string) *stage {
	t.Helper()
	return openOn(t, lang, func(s *stage) platform {
		s.can = shapes[shape]
		return s
	})
}

// openOn is open in front of the platform that join makes for it.
func openOn(t *testing.T, lang string, join func(*stage) platform) *stage {
	t.Helper()
	time.Sleep(time.Until(opening))
	return build(t, lang, 0, join)
}

// build makes a stage whose clock is far from the real one.
func build(t *testing.T, lang string, far time.Duration, join func(*stage) platform) *stage {
	t.Helper()
	dir := t.TempDir()
	log := &record{}
	store, err := storage.Open(t.Context(), storage.Config{
		URL: "sqlite:" + filepath.Join(dir, "t.db"), KeyFile: filepath.Join(dir, "t.key"), Offset: far,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := mailtest.Pipe(t)
	var s *stage
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if s.isAway() {
			return nil, syscall.ECONNREFUSED
		}
		return server.Dial(ctx, network, address)
	}
	sender, err := mail.New(mail.Config{URL: server.URL(), From: "Campagne <bot@campagne.example>", Dialer: dial, RootCAs: server.RootCAs()})
	if err != nil {
		t.Fatal(err)
	}
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	campaign, err := core.ParseCampaign(strings.NewReader(`sources = ["affiche"]`))
	if err != nil {
		t.Fatal(err)
	}
	campaign.Name, campaign.SponsorURL = "Demain", "https://parrainer.example"
	campaign.PrivacyURL = "https://demain.example/donnees"
	campaign.Language, campaign.Zone = "fr", "Europe/Paris"
	s = &stage{
		t: t, store: store, mail: server, lang: lang, wake: [2]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)}, dir: dir, log: log,
		keys: map[string][]key{}, wrote: map[string]core.ReceiptID{}, runs: map[string]bool{}, pass: passInBubble,
	}
	s.bot = &conversation.Bot{
		Store: store, Flows: flows.All(), Locale: words, Campaign: campaign, Mailer: sender, Planner: new(scheduler.Planner),
		Can: func(core.BotID) core.Capabilities { return s.on.Capabilities() },
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	s.on = join(s)
	s.run()
	s.furnish()
	return s
}

// season is how often the background looks by itself whether anything is due: never,
// since it is woken, and knows when the next thing is due.
const season = 90 * 24 * time.Hour

// run starts what works in the background.
func (s *stage) run() {
	ctx, cancel := context.WithCancel(context.Background())
	d := &scheduler.Dispatcher{Store: s.store, Adapter: s.on, Preparer: s.bot, Log: s.bot.Log, InFlight: 1, Every: season, Wake: s.wake[0]}
	w := &scheduler.Tasks{Store: s.store, Runner: s.bot, Log: s.bot.Log, Every: season, Wake: s.wake[1]}
	q := &conversation.Queue{Handler: s.bot, Flooded: s.bot.Flooded, Workers: 16, Log: s.bot.Log}
	receive := func(ctx context.Context) error { return s.on.Run(ctx, q) }
	var wg sync.WaitGroup
	for _, run := range []func(context.Context) error{d.Run, w.Run, receive} {
		wg.Go(func() { _ = run(ctx) })
	}
	s.t.Cleanup(func() {
		cancel()
		wg.Wait()
		if err := s.store.Close(); err != nil {
			s.t.Error(err)
		}
	})
}

// furnish stores the gazetteer and what the transcripts speak of.
func (s *stage) furnish() {
	places, err := gazetteer.All()
	if err != nil {
		s.t.Fatal(err)
	}
	named := make([]core.NamedPlace, len(places))
	for i, p := range places {
		named[i] = core.NamedPlace{Place: p, Fold: gazetteer.Fold(p.Name)}
	}
	lyon := geo.Point{Lat: 45.7578, Lon: 4.8320}
	at := func(days int, clock string) time.Time {
		paris, _ := time.LoadLocation("Europe/Paris")
		t, err := time.ParseInLocation("2006-01-02 15:04", opening.AddDate(0, 0, days).Format("2006-01-02 ")+clock, paris)
		if err != nil {
			s.t.Fatal(err)
		}
		return t.UTC()
	}
	action := func(source, title string, kind core.KindID, days int, clock string, capacity int, v core.Visibility, p geo.Point, place string) *core.Action {
		return &core.Action{
			Source: source, Title: title, Kind: kind, StartsAt: at(days, clock), EndsAt: at(days, clock).Add(2 * time.Hour),
			Zone: "Europe/Paris", Place: place, Area: "FR/84/69", Point: p, Capacity: capacity, Visibility: v, State: core.Public,
		}
	}
	actions := []*core.Action{
		action("1", "Tractage au marché", "leafleting", 3, "10:00", 4, core.ForEveryone, lyon, "Place Bellecour, Lyon"),
		action("2", "Porte-à-porte aux États-Unis", "canvassing", 4, "14:30", 0, core.ForSupporters, geo.Point{Lat: 45.7354, Lon: 4.8636}, "Boulevard des États-Unis, Lyon"),
		action("3", "Réunion d’appartement", "meeting", 6, "19:00", 1, core.ForSupporters, geo.Point{Lat: 45.7719, Lon: 4.8902}, "Cours Émile-Zola, Villeurbanne"),
		action("4", "Collage de nuit", "postering", 9, "21:00", 6, core.ForSupporters, lyon, "Quai Saint-Antoine, Lyon"),
		action("5", "Stand au marché de la Réole", "stall", 5, "09:00", 0, core.ForEveryone, geo.Point{Lat: 44.8378, Lon: -0.5792}, "Place de la Victoire, Bordeaux"),
	}
	rennes := geo.Point{Lat: 48.1119, Lon: -1.6803}
	teams := []*core.Team{{Name: "Rennes Centre", Area: "FR/53/35"}, {Name: "Rennes Villejean", Area: "FR/53/35"}}
	inRennes := []*core.Action{
		action("6", "Café du soir", "meeting", 0, "18:30", 12, core.ForEveryone, rennes, "Place des Lices, Rennes"),
		action("7", "Grande distribution à la gare", "leafleting", 2, "07:30", 0, core.ForEveryone, geo.Point{Lat: 48.1035, Lon: -1.6723}, "Gare de Rennes"),
		action("8", "Porte-à-porte à Villejean", "canvassing", 3, "15:00", 10, core.ForSupporters, geo.Point{Lat: 48.1206, Lon: -1.7041}, "Dalle Kennedy, Rennes"),
		action("9", "Appels depuis chez soi", "phoning", 12, "18:00", 0, core.ForSupporters, geo.Point{}, ""),
	}
	inRennes[1].Taken, inRennes[2].Taken, inRennes[3].Online = 37, 4, true
	actions = append(actions, inRennes...)
	actions[1].Note = "Rendez-vous devant la station de tramway. Prévoyez de bonnes chaussures."
	err = s.store.Tx(s.t.Context(), func(tx core.Tx) error {
		ctx := s.t.Context()
		team := &core.Team{Name: "Lyon 8e", Area: "FR/84/69"}
		if err := tx.CreateTeam(ctx, team); err != nil {
			return err
		}
		actions[1].Team = team.ID
		if err := tx.PutAreas(ctx, gazetteer.Areas()); err != nil {
			return err
		}
		if _, err := tx.PutPlaces(ctx, named); err != nil {
			return err
		}
		for i, team := range teams {
			if err := tx.CreateTeam(ctx, team); err != nil {
				return err
			}
			inRennes[i+1].Team = team.ID
		}
		if _, _, err := tx.PutActions(ctx, actions); err != nil {
			return err
		}
		offer := &core.Offer{Code: "87654321", Role: core.Organiser, Area: "FR/84/69", Expires: opening.Add(core.OfferLife)}
		if err := tx.CreateOffer(ctx, offer); err != nil {
			return err
		}
		_, err := tx.PutSponsorships(ctx, []core.Sponsorship{
			{Fingerprint: tx.Fingerprint("anna@exemple.fr")}, {Fingerprint: tx.Fingerprint("ben@example.org")},
			{Fingerprint: tx.Fingerprint("chloe@exemple.fr")}, {Fingerprint: tx.Fingerprint("anna.b@exemple.fr")},
		})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// Do implements transcript.Stage.
func (s *stage) Do(l transcript.Line) error {
	if l.Verb == transcript.Passes {
		return s.settle(l.Pass)
	}
	switch l.Verb {
	case transcript.Is:
		return s.join(l.Who, l.Text)
	case transcript.Mails:
		s.plan(l.Text)
		return nil
	case transcript.Turns:
		if err := s.turn(l.Who, l.Text); err != nil {
			return err
		}
	case transcript.Does:
		if err := s.runJob(l.Text); err != nil {
			return err
		}
	case transcript.Falls:
		s.alterAction(l.Text, func(a *core.Action) { a.State = core.Cancelled })
		return nil
	case transcript.Runs:
		s.mu.Lock()
		s.runs[l.Who+"@"+l.Chat] = true
		s.mu.Unlock()
		return s.on.act(l)
	case transcript.Works:
		s.work()
	case transcript.Opens:
		s.announce(l.Text)
	case transcript.Shifts:
		s.shift(l)
	case transcript.Shuts:
		s.alterAction(l.Text, func(a *core.Action) { a.Visibility = core.ForSupporters })
		s.work()
	case transcript.Goes:
		n, err := strconv.Atoi(l.Text)
		if err != nil {
			return err
		}
		s.answerAll(l.Who, n)
		return nil
	case transcript.Hears:
		s.face(l)
		if err := s.alert(l.Who, l.Text); err != nil {
			return err
		}
	default:
		if err := s.on.act(s.face(l)); err != nil {
			return err
		}
	}
	for _, wake := range s.wake {
		select {
		case wake <- struct{}{}:
		default: // it was woken already
		}
	}
	return s.settle(time.Second) // of the bubble: the dispatcher and the mail server do their work
}

// passInBubble lets time pass in a bubble.
func passInBubble(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// runJob runs a job of the scheduler once.
func (s *stage) runJob(name string) error {
	for _, job := range scheduler.AllJobs(s.bot.Campaign) {
		if string(job.Name) == name {
			_, err := job.Do(s.t.Context(), s.store, false)
			return err
		}
	}
	return fmt.Errorf("no job %q", name)
}

// settle lets time pass, and then as much as the platform's limits keep answers waiting,
// as who writes does.
func (s *stage) settle(d time.Duration) error {
	for range 100 {
		s.pass(d)
		if late, err := s.late(); err != nil || !late {
			return err
		}
		d = time.Second
	}
	return errors.New("what is due is never sent")
}

// patience is how long somebody waits for the next part of an answer.
const patience = 3 * time.Second

// late reports whether something more is to be sent.
func (s *stage) late() (late bool, err error) {
	err = s.store.Read(s.t.Context(), func(r core.Reader) error {
		next, err := r.NextDue(s.t.Context(), s.on.Bot())
		if err != nil || next.IsZero() {
			return err
		}
		now, err := r.Now(s.t.Context())
		late = next.Sub(now) < patience
		return err
	})
	return late, err
}

// face turns to the chat of a line, and returns the line with what only the stage knows.
func (s *stage) face(l transcript.Line) transcript.Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.here = cmp.Or(l.Chat, l.Who)
	l.Text = strings.NewReplacer("{code}", s.code, "{wrong}", wrong(s.code), "{invitation}", s.offer).Replace(l.Text)
	return l
}

// act implements platform.
func (s *stage) act(l transcript.Line) error {
	if l.Verb == transcript.Runs {
		return nil
	}
	return s.bot.Handle(s.t.Context(), s.update(l))
}

func (s *stage) update(l transcript.Line) *core.Update {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	chat, kind := l.Who, core.Private
	if l.Chat != "" {
		chat, kind = l.Chat, core.Group
	}
	u := &core.Update{
		ID: fmt.Sprint(s.n), Chat: core.ChatRef{Bot: s.Bot(), Chat: chat}, Kind: kind,
		Sender: &core.AccountRef{Bot: s.Bot(), ID: l.Who}, Language: s.lang, At: time.Now(),
	}
	if l.Who == "nobody" {
		u.Sender = nil
	}
	if l.Who == "nobody" || s.runs[l.Who+"@"+l.Chat] {
		u.Rank = core.Manager
	}
	switch text := l.Text; l.Verb {
	case transcript.Press:
		u.Event = s.press(chat, text)
	case transcript.Edits:
		u.Event = core.Text{Body: text, Edited: true, In: s.wrote[l.Who+"@"+l.Chat]}
	case transcript.Shares:
		u.Event = core.Position{Point: geo.Point{Lat: l.Lat, Lon: l.Lon}}
	case transcript.Sends:
		u.Event = core.Media{Kind: core.MediaKind(text)}
	case transcript.Gives:
		u.Event = core.Membership{Now: standings[text]}
	case transcript.Moves:
		u.Event = core.Migrated{To: core.ChatRef{Bot: s.Bot(), Chat: text}}
	default:
		s.wrote[l.Who+"@"+l.Chat] = core.ReceiptID(u.ID)
		u.Event = core.Text{Body: strings.TrimPrefix(text, "@bot "), In: core.ReceiptID(u.ID)}
		if word, ok := strings.CutPrefix(text, "/"); ok {
			name, arg, _ := strings.Cut(word, " ")
			u.Event = core.Command{Name: name, Arg: arg}
		}
	}
	return u
}

// standings are what a bot is once somebody "adds" it.
var standings = map[string]core.Standing{"adds": core.Added, "promotes": core.Promoted, "removes": core.Removed}

// addresses are those that the people of the transcripts sponsored with.
var addresses = map[string]core.Address{"anna": "anna@exemple.fr", "ben": "ben@example.org", "chloe": "chloe@exemple.fr"}

// join makes a supporter of somebody, as the sign-up would.
func (s *stage) join(who, place string) error {
	ctx := s.t.Context()
	home, person := s.on.home(who)
	return s.store.Tx(ctx, func(tx core.Tx) error {
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		chat, err := tx.EnterChat(ctx, home, core.Private)
		if err != nil {
			return err
		}
		account, err := tx.EnterAccount(ctx, person)
		if err != nil {
			return err
		}
		today := core.DayOf(now)
		p := &core.Supporter{
			State: core.Active, Language: s.lang, Zone: "Europe/Paris", Radius: core.DefaultRadius, Often: core.Weekly,
			Since: today, Seen: today,
		}
		if place != "" {
			found, err := tx.FindPlaces(ctx, core.PlaceText{Fold: gazetteer.Fold(place)}, 1)
			if err != nil || len(found) != 1 {
				return fmt.Errorf("no place %q: %w", place, err)
			}
			p.Cell, p.Place, p.Area, p.Zone = geo.CellOf(found[0].Point), found[0].ID, found[0].Area, found[0].Zone
		}
		if err := tx.CreateSupporter(ctx, p); err != nil {
			return err
		}
		account.Supporter, account.Home = p.ID, chat.ID
		if err := tx.PutAccount(ctx, account); err != nil {
			return err
		}
		for _, purpose := range core.Purposes {
			c := &core.Consent{Supporter: p.ID, Purpose: purpose, Given: true, Version: core.ConsentVersion, Platform: core.Console, At: now}
			if err := tx.RecordConsent(ctx, c); err != nil {
				return err
			}
		}
		return tx.Prove(ctx, p.ID, tx.Fingerprint(addresses[who]))
	})
}

// turn does to a supporter what the campaign does: it bans them, or their sponsorship
// is withdrawn.
func (s *stage) turn(who, into string) error {
	ctx := s.t.Context()
	s.mu.Lock()
	s.here = who
	s.mu.Unlock()
	return s.store.Tx(ctx, func(tx core.Tx) error {
		f := tx.Fingerprint(addresses[who])
		if into != "banned" {
			return core.Revoke(ctx, tx, f)
		}
		p, err := tx.SponsoredBy(ctx, f)
		if err != nil {
			return err
		}
		p.State = core.Banned
		return tx.PutSupporter(ctx, p)
	})
}

// plan has the mail server do something from now on.
func (s *stage) plan(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = what == "is away"
	switch what {
	case "refuses the address":
		s.mail.FailRcpt(550)
	case "asks to wait":
		s.mail.FailRcpt(451)
	case "is back":
		s.mail.Heal()
	}
}

func (s *stage) isAway() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.away
}

// press presses the last button that was shown under a label; where there are no
// buttons the label is typed.
func (s *stage) press(chat, label string) core.Event {
	for _, k := range slices.Backward(s.keys[chat]) {
		switch {
		case visible(k.label) != label:
		case k.typed:
			return core.Text{Body: k.label}
		default:
			return core.Press{Token: k.token}
		}
	}
	return core.Text{Body: label}
}

// wrong returns a code that is not the one.
func wrong(code string) string {
	if code == "" {
		return "1111 1111"
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '0' + (r-'0'+1)%10
		}
		return r
	}, code)
}

var payloadShown = regexp.MustCompile(`inv_[a-z2-7]{26}`)

var codeInLetter = regexp.MustCompile(`\d{4} \d{4}`)

// Shown implements transcript.Stage.
func (s *stage) Shown() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.on.seen()
	for _, l := range s.mail.Letters()[s.read:] {
		s.read++
		if code := codeInLetter.FindString(l.Text); code != "" {
			s.code = code
		}
		text := codeInLetter.ReplaceAllString(l.Subject+"\n\n"+strings.TrimSpace(l.Text), "{code}")
		out = append(out, "mail: "+strings.ReplaceAll(text, "\r", ""))
	}
	return out
}

// seen implements platform.
func (s *stage) seen() []string {
	out := s.shown
	s.shown, s.at = nil, nil
	return out
}

// home implements platform.
func (s *stage) home(who string) (core.ChatRef, core.AccountRef) {
	return core.ChatRef{Bot: s.Bot(), Chat: who}, core.AccountRef{Bot: s.Bot(), ID: who}
}

// Bot implements core.Adapter.
func (s *stage) Bot() core.BotID { return "console:stage" }

// Capabilities implements core.Adapter.
func (s *stage) Capabilities() core.Capabilities { return s.can }

// Run implements core.Adapter; the transcript hands its updates over itself.
func (s *stage) Run(context.Context, core.Queue) error { return nil }

// Send implements core.Adapter: it shows the message.
func (s *stage) Send(_ context.Context, d core.Delivery) (core.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	who, on := "bot", core.ReceiptID(d.Key)
	m, ok := d.Content.(*core.Message)
	if e, edits := d.Content.(*core.Edit); edits {
		m, ok, who, on = e.Message, len(e.Parts) == 1, "bot edits", e.Parts[0]
		s.keys[d.To.Chat] = slices.DeleteFunc(s.keys[d.To.Chat], func(k key) bool { return k.on == on })
	}
	if !ok {
		return nil, core.Fail(core.Invalid, "")
	}
	text := visible(m.PlainText())
	if m.Pin != nil {
		text += "\n<pin " + visible(m.Pin.Title) + ">"
	}
	if m.File != nil {
		text += "\n<file " + m.File.Name + ">"
		s.files = append(s.files, m.File)
	}
	if len(m.Buttons) > 8 {
		s.t.Errorf("a message has %d buttons", len(m.Buttons))
	}
	for i, b := range m.Buttons {
		if i == 0 {
			text += "\n"
		} else {
			text += " "
		}
		text += "[" + strings.NewReplacer("\u2068", "", "\u2069", "").Replace(b.Label) + opens(b.URL) + "]"
		if b.URL == "" {
			s.keys[d.To.Chat] = append(s.keys[d.To.Chat], key{b.Label, fmt.Sprintf("%s.%d", m.Menu, i+1), on, m.AskHere})
		}
	}
	line := s.written(saying{who, d.To.Chat, text})
	s.shown, s.at, s.sent = append(s.shown, line), append(s.at, time.Now()), append(s.sent, m)
	return core.Receipt{on}, nil
}

// opens marks a button that opens an address, as apps do.
func opens(address string) string {
	if address == "" {
		return ""
	}
	return " ↗"
}

// visible leaves out the characters that isolate what people wrote, which a reader
// of a transcript cannot see.
func visible(s string) string {
	return strings.NewReplacer("\u2068", "", "\u2069", "", "\u00a0", " ", "\u202f", " ").Replace(s)
}
