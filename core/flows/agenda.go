package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// agenda shows what a person goes to.
func agenda() *conversation.Flow {
	return &conversation.Flow{
		Name:     "agenda",
		Commands: []conversation.Command{{Name: "agenda", Do: showAgenda}},
		Actions:  map[core.Verb]conversation.Action{"agenda.show": showAgenda},
	}
}

func showAgenda(ctx context.Context, t *conversation.Turn, _ string) error {
	if !t.Active() {
		t.Say("agenda.join", nil)
		return nil
	}
	engagements, err := t.Tx.Agenda(ctx, t.Supporter.ID, t.Now)
	if err != nil {
		return err
	}
	if len(engagements) == 0 {
		t.Choose("agenda.empty", nil, t.Button("near.button", "near.here"))
		return nil
	}
	t.Say("agenda.title", locale.Args{"N": locale.Count(len(engagements))})
	for _, e := range engagements {
		a := e.Action
		args := locale.Args{
			"Title": locale.User(a.Title), "Place": locale.User(a.Place),
			"Moment": locale.Moment{At: a.Local(a.StartsAt), Now: t.Now},
			"Day":    locale.Day{At: a.Local(a.StartsAt), Now: t.Now},
		}
		if a.State == core.Cancelled {
			t.Say("agenda.cancelled", args)
			continue
		}
		id := itoa(int64(a.ID))
		t.Choose("agenda.line", args,
			t.Button("near.details", "near.details", id), t.Button("rsvp.not", "rsvp.not", id))
	}
	return nil
}
