package flows

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"tocsin/core"
	"tocsin/core/calendar"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// A page of the agenda holds this many actions.
const agendaPage = 5

// agenda shows what a person goes to, or may.
func agenda() *conversation.Flow {
	return &conversation.Flow{
		Name:     "agenda",
		Commands: []conversation.Command{{Name: "agenda", Do: openAgenda}},
		Actions: map[core.Verb]conversation.Action{
			"agenda.show": showAgenda,
			"agenda.more": moreAgenda,
			"agenda.file": agendaFile,
		},
	}
}

// openAgenda shows the agenda, or gives it as a file: "/agenda fichier".
func openAgenda(ctx context.Context, t *conversation.Turn, arg string) error {
	if oneOf(t, "agenda.file_words", arg) {
		return agendaFile(ctx, t, "")
	}
	return showAgenda(ctx, t, "")
}

// plans returns what the person goes to, or may, in its order. If there is nothing it
// says so.
func plans(ctx context.Context, t *conversation.Turn) ([]core.Engagement, error) {
	if err := supportersOnly(t, "agenda.join"); err != nil {
		return nil, err
	}
	es, err := t.Tx.Agenda(ctx, t.Supporter.ID, t.Now)
	if err == nil && len(es) == 0 {
		t.Choose("agenda.empty", nil, t.Button("near.button", "near.here"))
	}
	return es, err
}

func showAgenda(ctx context.Context, t *conversation.Turn, _ string) error {
	es, err := plans(ctx, t)
	if err != nil || len(es) == 0 {
		return err
	}
	title, n := locale.Key("agenda.title"), coming(es)
	if n == 0 {
		title = "agenda.nothing"
	}
	t.Choose(title, locale.Args{"N": locale.Count(n)}, t.Button("agenda.file", "agenda.file"))
	showEntries(t, es)
	return nil
}

// coming counts what takes place: what was called off is only shown.
func coming(es []core.Engagement) int {
	n := 0
	for _, e := range es {
		if e.Action.State != core.Cancelled {
			n++
		}
	}
	return n
}

// moreAgenda shows what comes after the action that mark names.
func moreAgenda(ctx context.Context, t *conversation.Turn, mark string) error {
	es, err := plans(ctx, t)
	if err != nil || len(es) == 0 {
		return err
	}
	if es = afterMark(es, mark); len(es) == 0 {
		t.Choose("agenda.end", nil, t.Button("near.button", "near.here"))
		return nil
	}
	showEntries(t, es)
	return nil
}

// markOf names an action by its place in the agenda, which holds even if an answer
// before it changes.
func markOf(a *core.Action) string { return itoa(a.StartsAt.UnixMicro()) + " " + itoa(int64(a.ID)) }

// afterMark returns those of es, in their order, that come after a mark.
func afterMark(es []core.Engagement, mark string) []core.Engagement {
	start, id, _ := strings.Cut(mark, " ")
	i := slices.IndexFunc(es, func(e core.Engagement) bool {
		at := e.Action.StartsAt.UnixMicro()
		return at > atoi(start) || at == atoi(start) && int64(e.Action.ID) > atoi(id)
	})
	if i < 0 {
		return nil
	}
	return es[i:]
}

// showEntries shows the first of es, and a way to the rest.
func showEntries(t *conversation.Turn, es []core.Engagement) {
	page := es[:min(len(es), agendaPage)]
	for i := range page {
		m := entry(t, &page[i])
		if i == len(page)-1 && len(es) > len(page) {
			m.Buttons = append(m.Buttons, t.Button("agenda.more", "agenda.more", markOf(page[i].Action)))
		}
		t.Show(m)
	}
}

// entry shows one action of the agenda, as it is now, with what the person said.
func entry(t *conversation.Turn, e *core.Engagement) *core.Message {
	if e.Action.State == core.Cancelled {
		m := t.Message("agenda.cancelled", spoken(t, e))
		m.Buttons = []core.Button{t.Button("near.button", "near.here")}
		return m
	}
	id := itoa(int64(e.Action.ID))
	m := t.Message("agenda.line", spoken(t, e))
	m.Buttons = []core.Button{
		t.Button("near.details", "near.details", id), t.Button("rsvp.change", "rsvp.change", id),
		t.Button("rsvp.not", "rsvp.not", id),
	}
	return m
}

// agendaFile gives the whole agenda as one calendar file.
func agendaFile(ctx context.Context, t *conversation.Turn, _ string) error {
	es, err := plans(ctx, t)
	if err != nil || len(es) == 0 {
		return err
	}
	told := make([]calendar.Event, len(es))
	for i := range es {
		told[i] = eventOf(t, &es[i])
	}
	var b bytes.Buffer
	if err := calendar.WriteAgenda(&b, told); err != nil {
		return core.Wrap(core.Internal, err, "flows: write calendar file")
	}
	m := t.Message("agenda.file_sent", nil)
	if m.File, err = t.Attach(ctx, "agenda.ics", calendar.Publish.MIME(), b.Bytes()); err != nil {
		return err
	}
	t.Show(m)
	return nil
}
