package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// share gives a message about an action that can be passed on to anybody.
func share() *conversation.Flow {
	return &conversation.Flow{
		Name:    "share",
		Actions: map[core.Verb]conversation.Action{"share.action": shareAction},
		Lead:    actionLink,
	}
}

// shareable reports whether everybody may see an action, and it is still to come.
func shareable(t *conversation.Turn, a *core.Action) bool {
	return a.Visibility == core.ForEveryone && a.State == core.Public && t.Now.Before(a.EndsAt)
}

// shareAction shows what to pass on. Nothing in it says who does.
func shareAction(ctx context.Context, t *conversation.Turn, arg string) error {
	a, err := visibleAction(ctx, t, arg)
	if err != nil {
		return err
	}
	if !shareable(t, a) {
		return core.Fail(core.NotFound, "rsvp.gone")
	}
	args := locale.Args{
		"Campaign": locale.Raw(t.Campaign.Name), "Title": locale.User(a.Title),
		"Period": locale.Period{Start: a.Local(a.StartsAt), End: a.Local(a.EndsAt), Now: t.Now}, "Place": spot(a),
	}
	t.Say("share.how", nil)
	to := core.Link{Action: a.ID}
	if url := t.Can.StartLink(to); url != "" {
		args["URL"] = locale.Raw(url)
		t.Say("share.link", args)
		return nil
	}
	args["Payload"] = locale.Raw(to.Payload())
	t.Say("share.start", args)
	return nil
}

// actionLink returns the link to the action that the argument of a button is about.
func actionLink(arg string) core.Link {
	about, err := readActionArg(arg)
	if err != nil {
		return core.Link{}
	}
	return core.Link{Action: about.Action}
}
