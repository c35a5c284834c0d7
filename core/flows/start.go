package flows

import (
	"context"
	"slices"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// start begins, or goes on where the person stopped. Its payload says what they came
// for: a supporter gets it at once, anybody else once they have signed up.
func start(ctx context.Context, t *conversation.Turn, payload string) error {
	link := core.ParseLink(payload)
	if t.Active() {
		return startActive(ctx, t, link)
	}
	if i := signupFrame(t); i >= 0 {
		return resume(ctx, t, i, link)
	}
	if t.Supporter != nil {
		t.Close()
		t.Show(suspended(&t.Scene))
		return nil
	}
	link, err := announce(ctx, t, link)
	if err != nil {
		return err
	}
	t.Open("signup", "welcome")
	t.Keep("link", link.Payload())
	return nil
}

// startActive ends a stop, shows what the link leads to, and goes on with what is open.
func startActive(ctx context.Context, t *conversation.Turn, link core.Link) error {
	if t.Supporter.Stopped {
		if err := undoStop(ctx, t, ""); err != nil {
			return err
		}
	}
	link, expired, err := target(ctx, t, link, t.Tx.Invitation)
	if err != nil {
		return err
	}
	if expired {
		t.Say("link.expired", nil)
	}
	shown, err := follow(ctx, t, link)
	if err != nil {
		return err
	}
	switch {
	case t.Top() != nil:
		t.Say("signup.resume", nil)
		t.Ask()
	case !shown:
		t.Choose("signup.again", locale.Args{"Campaign": locale.Raw(t.Campaign.Name)},
			t.Button("near.button", "near.here"), t.Button("agenda.button", "agenda.show"))
	}
	return nil
}

// signupFrame returns the number of the open frame in which somebody signs up who is no
// active supporter yet, or -1.
func signupFrame(t *conversation.Turn) int {
	return slices.IndexFunc(t.Conversation.Frames, func(f core.Frame) bool {
		return f.Flow == "signup" && (t.Supporter == nil || f.Step == "email" || f.Step == "code")
	})
}

// resume goes on with a sign-up, and leaves what was open above it.
func resume(ctx context.Context, t *conversation.Turn, frame int, link core.Link) error {
	t.Conversation.Frames = t.Conversation.Frames[:frame+1]
	link, err := announce(ctx, t, link)
	if err != nil {
		return err
	}
	if link != (core.Link{}) {
		t.Keep("link", link.Payload())
	}
	t.Say("signup.resume", nil)
	t.Ask()
	return nil
}

// announce shows a stranger the action that a link leads to, if it is open to everyone,
// and returns what is to be kept of the link until they have signed up.
func announce(ctx context.Context, t *conversation.Turn, link core.Link) (core.Link, error) {
	if link.Source != "" && !slices.Contains(t.Campaign.Sources, link.Source) {
		return core.Link{}, nil
	}
	to, expired, err := target(ctx, t, link, t.Tx.Invitation)
	if err != nil {
		return core.Link{}, err
	}
	if expired {
		t.Say("link.expired", nil)
		return core.Link{}, nil
	}
	_, err = showLinkedAction(ctx, t, to.Action)
	return link, err
}

// A find looks an invitation up, and may use it.
type find func(context.Context, core.InvitationToken, time.Time) (*core.Invitation, error)

// target returns what a link leads to: an invitation leads on. It reports whether the
// link is an invitation that works no more.
func target(ctx context.Context, t *conversation.Turn, link core.Link, find find) (to core.Link, expired bool, err error) {
	if link.Invitation == "" {
		return link, false, nil
	}
	i, err := find(ctx, link.Invitation, t.Now)
	if core.CodeOf(err) == core.NotFound {
		return core.Link{}, true, nil
	}
	if err != nil {
		return core.Link{}, false, err
	}
	return i.To, false, nil
}

// follow shows a supporter what a link leads to, and reports whether there is anything.
func follow(ctx context.Context, t *conversation.Turn, link core.Link) (bool, error) {
	if link.Team != 0 {
		return showLinkedTeam(ctx, t, link.Team)
	}
	return showLinkedAction(ctx, t, link.Action)
}

// afterSignup acts on the link with which somebody came who has signed up now. An
// invitation that ended meanwhile has done what it was for.
func afterSignup(ctx context.Context, t *conversation.Turn, link core.Link) error {
	link, _, err := target(ctx, t, link, t.Tx.UseInvitation)
	if err != nil {
		return err
	}
	_, err = follow(ctx, t, link)
	return err
}

// showLinkedAction shows an action, or says why it does not take place, if the person
// may see it. Numbers can be guessed, so one in review is none.
func showLinkedAction(ctx context.Context, t *conversation.Turn, id core.ActionID) (bool, error) {
	if id == 0 {
		return false, nil
	}
	a, err := visibleAction(ctx, t, itoa(int64(id)))
	switch {
	case core.CodeOf(err) == core.NotFound:
		return false, nil
	case err != nil:
		return false, err
	case a.State == core.Cancelled:
		t.Say("rsvp.cancelled", nil)
		return true, nil
	case a.State != core.Public:
		return false, nil
	case !t.Now.Before(a.EndsAt):
		t.Say("rsvp.over", nil)
		return true, nil
	}
	return true, nearDetails(ctx, t, itoa(int64(id)))
}

// showLinkedTeam shows a team's name and the next of its actions, one button each.
func showLinkedTeam(ctx context.Context, t *conversation.Turn, id core.TeamID) (bool, error) {
	const most = 3
	team, err := t.Tx.Team(ctx, id)
	if core.CodeOf(err) == core.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	actions, err := t.Tx.TeamActions(ctx, id, t.Now, most)
	if err != nil {
		return false, err
	}
	name := locale.Args{"Team": locale.User(team.Name)}
	if len(actions) == 0 {
		t.Choose("link.team_idle", name, t.Button("near.button", "near.here"))
		return true, nil
	}
	var buttons []core.Button
	for _, a := range actions {
		label := t.Language.Text("link.team_action", locale.Args{
			"Day": locale.ShortMoment{At: a.Local(a.StartsAt), Now: t.Now}, "Title": locale.User(clip(a.Title)),
		})
		buttons = append(buttons, core.Button{Label: label, Do: core.Do{Verb: "near.details", Arg: itoa(int64(a.ID))}})
	}
	t.Choose("link.team", name, buttons...)
	return true, nil
}

// clip shortens a title for a button.
func clip(title string) string {
	const most = 40
	if r := []rune(title); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return title
}
