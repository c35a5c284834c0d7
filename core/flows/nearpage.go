package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

const (
	cardsPerPage = 3  // where a page is a row of messages: more do not fit on a phone
	titlesAhead  = 2  // are named below a card that is alone
	countedUpTo  = 20 // so many matches are counted; of more it is said that there are more
)

// A nearPage is what a search found.
type nearPage struct {
	search
	known   []core.Near // from the first match on; nil on a page far behind
	whole   bool        // known are all
	found   []core.Near // from the first card that is shown on
	size    int         // cards of a page
	nearest *core.Near  // nothing lies within the radius: what is nearest beyond
	hidden  *hiddenCard // what was taken away just now
}

// showNear shows one page of cards, with the ways to others.
func showNear(ctx context.Context, t *conversation.Turn, s search) error {
	ms, err := nearMessages(ctx, t, s, nil)
	for _, m := range ms {
		t.Show(m)
	}
	return err
}

// turnTo shows a page in place of the one whose button was pressed.
func turnTo(ctx context.Context, t *conversation.Turn, s search, hidden *hiddenCard) error {
	ms, err := nearMessages(ctx, t, s, hidden)
	if len(ms) == 1 {
		t.Replace(ms[0])
		return err
	}
	for _, m := range ms {
		t.Show(m)
	}
	return err
}

func nearMore(ctx context.Context, t *conversation.Turn, arg string) error {
	s, err := readSearch(arg)
	if err != nil {
		return err
	}
	return turnTo(ctx, t, s, nil)
}

// inPlace reports whether a page is one card, which gives way to the next.
func inPlace(t *conversation.Turn) bool { return t.Can.Buttons && t.Can.Edits }

// nearMessages returns the messages of one page.
func nearMessages(ctx context.Context, t *conversation.Turn, s search, hidden *hiddenCard) ([]*core.Message, error) {
	p := &nearPage{search: s.settled(t), size: cardsPerPage, hidden: hidden}
	if inPlace(t) {
		p.size = 1
	}
	if err := p.find(ctx, t); err != nil {
		return nil, err
	}
	switch {
	case p.nearest != nil:
		return p.beyond(ctx, t)
	case len(p.found) == 0:
		return []*core.Message{p.none(t)}, nil
	}
	return p.cards(ctx, t)
}

// settled returns s with what it leaves open: the radius, and whose days are meant.
func (s search) settled(t *conversation.Turn) search {
	if s.Radius <= 0 {
		s.Radius = radiusOf(t)
	}
	if !s.When.known() {
		s.When = spanAny
	}
	if t.Supporter != nil && t.Supporter.Zone != "" && t.Chat.Kind == core.Private {
		s.Zone = t.Supporter.Zone
	}
	return s
}

// query asks the store for what s is about. Nothing in it is of a person where others
// read along.
func (s search) query(t *conversation.Turn) core.NearQuery {
	from, to := s.When.window(t.Now, s.zone(t.Campaign))
	q := core.NearQuery{
		Center: s.Center, Radius: geo.Km(s.Radius), From: from, To: to, Kinds: s.Kinds, Everyone: !ours(t), Skip: s.Skip,
	}
	if ours(t) {
		q.For = t.Supporter.ID
	}
	if s.Online {
		q.Radius = -1
	}
	return q
}

// find asks for the page. If it is empty by now, the one before is shown.
func (p *nearPage) find(ctx context.Context, t *conversation.Turn) (err error) {
	for {
		if err := p.read(ctx, t); err != nil {
			return err
		}
		if len(p.found) > 0 || p.Skip <= 0 {
			break
		}
		p.Skip = max(0, p.Skip-p.size)
	}
	nothing := len(p.found) == 0 || p.found[0].Action.Online
	if !nothing || p.Skip > 0 || p.Beyond || p.Online {
		return nil
	}
	if err := noteFruitless(ctx, t, p.search); err != nil {
		return err
	}
	p.nearest, err = t.Tx.NearestAction(ctx, p.query(t))
	if core.CodeOf(err) == core.NotFound {
		return nil
	}
	return err
}

// read asks for the matches of the page, and for all of them where they are few.
func (p *nearPage) read(ctx context.Context, t *conversation.Turn) (err error) {
	q := p.query(t)
	q.Limit = p.size + titlesAhead
	near := p.Skip+q.Limit <= countedUpTo
	if near {
		q.Skip, q.Limit = 0, countedUpTo+1
	}
	if p.found, err = t.Tx.NearActions(ctx, q); err != nil || !near {
		return err
	}
	p.known, p.whole = p.found, len(p.found) <= countedUpTo
	p.found = p.known[min(max(p.Skip, 0), len(p.known)):]
	return nil
}

// noteFruitless notes that nothing at all is announced around a place, for somebody who
// agreed to the use of their area.
func noteFruitless(ctx context.Context, t *conversation.Turn, s search) error {
	if !ours(t) || s.filtered() {
		return nil
	}
	if ok, err := t.Tx.Consented(ctx, t.Supporter.ID, core.ToArea); !ok || err != nil {
		return err
	}
	q := s.query(t)
	q.For, q.Limit = 0, 1 // what they do not care for is there all the same
	found, err := t.Tx.NearActions(ctx, q)
	if err != nil || len(found) > 0 && !found[0].Action.Online {
		return err
	}
	square := geo.CellOf(s.Center).Square()
	if square == 0 {
		return nil
	}
	return t.Tx.NoteSearch(ctx, core.Search{Supporter: t.Supporter.ID, Square: square, Week: core.WeekOf(t.Now)})
}

// card is a card whose buttons know the way back to the page.
func (p *nearPage) card(ctx context.Context, t *conversation.Turn, n core.Near) (*core.Message, error) {
	m, err := card(ctx, t, n)
	if err != nil {
		return nil, err
	}
	m.Buttons = cardButtons(t, actionArg{Action: n.Action.ID, Page: &p.search})
	return m, nil
}

// cards are the cards of the page; below the last stand where one is, what follows, and
// the ways to other pages.
func (p *nearPage) cards(ctx context.Context, t *conversation.Turn) ([]*core.Message, error) {
	var ms []*core.Message
	shown := p.found[:min(p.size, len(p.found))]
	for i, n := range shown {
		m, err := p.card(ctx, t, n)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			m.Body = joined("\n\n", p.said(t), m.Body)
		}
		if i == len(shown)-1 {
			m.Body = joined("\n\n", m.Body, joined("\n", p.status(t), p.ahead(t)))
			m.Buttons = append(m.Buttons, p.ways(t)...)
		}
		ms = append(ms, m)
	}
	return ms, nil
}

// beyond says that nothing is within the radius, and shows what is nearest.
func (p *nearPage) beyond(ctx context.Context, t *conversation.Turn) ([]*core.Message, error) {
	m, err := p.card(ctx, t, *p.nearest)
	if err != nil {
		return nil, err
	}
	head := t.Language.Spans("near.beyond", locale.Args{"Scope": p.scope(t, "list.middle")})
	m.Body = joined("\n\n", p.said(t), head, m.Body)
	m.Buttons = append(m.Buttons, p.ways(t)...)
	return []*core.Message{m}, nil
}

// none says that nothing is announced, near or far.
func (p *nearPage) none(t *conversation.Turn) *core.Message {
	head := t.Language.Spans("near.none", locale.Args{"Scope": p.scope(t, "list.middle")})
	return &core.Message{Body: joined("\n\n", p.said(t), head), Buttons: p.ways(t)}
}
