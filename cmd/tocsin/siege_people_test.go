package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
)

// A line is one thing that a person does, and what they wait for before the next: ""
// for nothing.
type line struct{ say, tap, hear string }

// rounds are what people do in turn. What is done twice shows: words that take back what
// they did, answers that are counted.
var rounds = [][]line{
	{
		{say: "/start act_1", hear: "Place Bellecour"},
		{tap: "{answer}", hear: "{answered}"},
		{say: "/agenda", hear: "{agenda}"},
		{say: "/settings intérêts"},
		{say: "collage", hear: "intéresse : {interest}"},
	}, {
		{say: "/settings nom"},
		{say: "Anna {name}", hear: "C’est noté, Anna {name}"},
		{tap: "Retour", hear: "Vos réglages"},
		{say: "/help"},
		{say: "/agenda", hear: "{agenda}"},
	},
}

// words are what differs from one time that somebody lives a round to the next: in every
// second they take back what they did. Going says whether they come to the action.
func words(time int, going bool) *strings.Replacer {
	answer, answered, interest, agenda := "J’y serai", "Votre participation est confirmée", "collage", "rien de prévu"
	if time%2 == 1 {
		answer, answered, interest = "Je ne peux plus", "vous ne venez plus", "toutes les actions"
	}
	if going {
		agenda = "Tractage au marché"
	}
	return strings.NewReplacer("{answer}", answer, "{answered}", answered, "{interest}", interest,
		"{agenda}", agenda, "{name}", string(rune('A'+time)))
}

// A talker is somebody who talks to the bot.
type talker struct {
	*telegramtest.User
	chat    core.ChatID
	account core.AccountID
	lines   []line
	next    int                    // of lines
	waits   bool                   // for what the last line wants to hear
	heard   []telegramtest.Message // and edits, in order
}

// living returns what a person does: every second one begins with the second round.
func living(i, n int) (all []line) {
	going := false
	for r := range n {
		time := r / len(rounds)
		for _, l := range rounds[(r+i)%len(rounds)] {
			if l.tap == "{answer}" {
				going = time%2 == 0
			}
			w := words(time, going)
			all = append(all, line{w.Replace(l.say), w.Replace(l.tap), w.Replace(l.hear)})
		}
	}
	return all
}

// populate makes supporters of people, and an action near them; an alert waits for
// every fourth.
func (s *siege) populate(size scale) {
	s.inStore(func(ctx context.Context, o *opened) error {
		return o.store.Tx(ctx, func(tx core.Tx) error {
			found, err := tx.FindPlaces(ctx, core.PlaceText{Fold: gazetteer.Fold("Lyon")}, 1)
			for i := 0; i < size.people && err == nil; i++ {
				p := &talker{User: s.server.User(fmt.Sprint("Person", i), "fr"), lines: living(i, size.rounds)}
				s.people, s.of[p.ID] = append(s.people, p), p
				err = s.join(ctx, tx, p, found[0])
				if err == nil && i%4 == 0 { // one after the other, for about as long as people talk
					err = tx.Enqueue(ctx, &core.Outgoing{
						Chat: p.chat, Account: p.account, Lane: core.Notice, Again: core.Once,
						Due:     time.Now().Add(time.Duration(size.updates()*i/size.people) * 10 * time.Millisecond),
						Content: &core.Message{Body: []core.Span{{Text: alert}}},
					})
				}
			}
			return err
		})
	})
	day := time.Now().AddDate(0, 0, 10).Format(time.DateOnly)
	row := "title,kind,starts_at,ends_at,place,lat,lon,capacity,external_id\n" +
		"Tractage au marché,leafleting," + day + " 10:00," + day + " 12:00,Place Bellecour,45.7578,4.8320,,1\n"
	if _, errs, code := called(s.t, s.env, row, "actions", "import", "-"); code != succeeded {
		s.t.Fatal(errs)
	}
}

const alert = "Une alerte"

func (s *siege) join(ctx context.Context, tx core.Tx, p *talker, at core.Place) error {
	p.Met()
	bot, id := core.BotID(fmt.Sprint(core.Telegram, ":", s.server.Bot().ID)), fmt.Sprint(p.ID)
	var err error
	p.chat, p.account, err = enlist(ctx, tx, core.ChatRef{Bot: bot, Chat: id}, core.AccountRef{Bot: bot, ID: id}, at)
	return err
}

// enlist makes a supporter of somebody.
func enlist(ctx context.Context, tx core.Tx, in core.ChatRef, as core.AccountRef, at core.Place) (core.ChatID, core.AccountID, error) {
	chat, err := tx.EnterChat(ctx, in, core.Private)
	if err != nil {
		return 0, 0, err
	}
	account, err := tx.EnterAccount(ctx, as)
	if err != nil {
		return 0, 0, err
	}
	today := core.DayOf(time.Now())
	who := &core.Supporter{
		State: core.Active, Language: "fr", Zone: at.Zone, Cell: geo.CellOf(at.Point), Place: at.ID, Area: at.Area,
		Radius: core.DefaultRadius, Often: core.Weekly, Since: today, Seen: today, Settings: core.Settings{Quiet: &core.Quiet{}},
	}
	if err := tx.CreateSupporter(ctx, who); err != nil {
		return 0, 0, err
	}
	account.Supporter, account.Home = who.ID, chat.ID
	if err := tx.PutAccount(ctx, account); err != nil {
		return 0, 0, err
	}
	for _, purpose := range core.Purposes {
		c := &core.Consent{Supporter: who.ID, Purpose: purpose, Given: true, Version: core.ConsentVersion, Platform: as.Bot.Platform(), At: time.Now()}
		if err := tx.RecordConsent(ctx, c); err != nil {
			return 0, 0, err
		}
	}
	return chat.ID, account.ID, nil
}

// listen takes what the bot has said since, and reports whether it said anything.
func (s *siege) listen() bool {
	news := s.server.Said(s.heard)
	s.heard += len(news)
	for _, m := range news {
		s.of[m.Chat].hear(m)
	}
	return len(news) > 0
}

// talk lets everybody say their next line who has heard what they waited for, until all
// have said a number of lines. One update in ten is repeated.
func (s *siege) talk(quota int) {
	first := s.random.IntN(len(s.people))
	for i := range s.people {
		p := s.people[(first+i)%len(s.people)]
		for s.said < quota && p.next < len(p.lines) && !p.waits {
			if !p.act() {
				s.t.Fatalf("nobody can press %q", p.lines[p.next-1].tap)
			}
			s.said++
		}
	}
	for range s.people {
		p := s.people[s.random.IntN(len(s.people))]
		if !s.calm && s.repeats < s.said/10 && p.next > 0 && s.server.Bot().Repeat(s.t, p.ID) {
			s.repeats++
		}
	}
}

// plainly takes out of a text what cannot be seen.
var plainly = strings.NewReplacer("\u00A0", " ", "\u2068", "", "\u2069", "")

// hear takes what the bot has said to a person.
func (p *talker) hear(m telegramtest.Message) {
	p.heard = append(p.heard, m)
	if p.waits && strings.Contains(plainly.Replace(m.Text), p.lines[p.next-1].hear) {
		p.waits = false
	}
}

// act does the next line, and reports whether it can.
func (p *talker) act() bool {
	l := p.lines[p.next]
	p.next++
	p.waits = l.hear != ""
	if l.say != "" {
		p.Send(l.say)
		return true
	}
	edited := map[int]bool{}
	for _, m := range slices.Backward(p.heard) {
		if !edited[m.ID] && slices.Contains(m.Labels(), l.tap) {
			p.Tap(m, l.tap)
			return true
		}
		edited[m.ID] = true
	}
	return false
}

// stuck says who waits for what.
func (s *siege) stuck() string {
	for _, p := range s.people {
		if !p.waits {
			continue
		}
		var last string
		if n := len(p.heard); n > 0 {
			last = p.heard[n-1].Text
		}
		return fmt.Sprintf("after %d of %d updates somebody waits for %q, and heard %q last", s.said, len(s.people)*len(s.people[0].lines),
			p.lines[p.next-1].hear, last)
	}
	return fmt.Sprintf("nobody waits; %d of %d updates are said, %d not confirmed, %d messages not sent", s.said,
		len(s.people)*len(s.people[0].lines), s.server.Bot().Pending(), s.count("SELECT count(*) FROM outbox WHERE state = 'queued'"))
}
