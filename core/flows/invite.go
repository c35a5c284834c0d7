package flows

import (
	"context"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// invitations gives a supporter something to pass on. Nothing of it leads back to them,
// nor to whoever uses it.
func invitations() *conversation.Flow {
	return &conversation.Flow{
		Name:     "invite",
		Commands: []conversation.Command{{Name: "invite", Do: makeInvitation}},
		Actions:  map[core.Verb]conversation.Action{"invite.make": makeInvitation},
	}
}

// makeInvitation makes an invitation, to the action or the team that a payload names.
func makeInvitation(ctx context.Context, t *conversation.Turn, payload string) error {
	if !t.Active() {
		t.Say("invite.join", nil)
		return nil
	}
	over, err := overQuota(ctx, t, quotaOf(core.InvitationsPerDay, "supporter "+itoa(int64(t.Supporter.ID))))
	if err != nil {
		return err
	}
	if over {
		t.Say("invite.enough", nil)
		return nil
	}
	to := core.ParseLink(payload)
	i := core.NewInvitation(core.Link{Action: to.Action, Team: to.Team}, t.Now)
	if err := t.Tx.CreateInvitation(ctx, i); err != nil {
		return err
	}
	t.Say("invite.made", locale.Args{
		"N": locale.Count(i.Uses), "Until": locale.Date{At: onClockOf(t.Supporter, i.Expires), Now: t.Now},
	})
	sayInvitation(t, core.Link{Invitation: i.Token})
	if t.Top() != nil {
		t.Ask()
	}
	return nil
}

// sayInvitation is the message that is passed on: a link where there is one, or else what
// to write.
func sayInvitation(t *conversation.Turn, l core.Link) {
	campaign := locale.Raw(t.Campaign.Name)
	if url := t.Can.StartLink(l); url != "" {
		t.Say("invite.link", locale.Args{"Campaign": campaign, "URL": locale.Raw(url)})
		return
	}
	t.Say("invite.text", locale.Args{"Campaign": campaign, "Payload": locale.Raw(l.Payload())})
}

// onClockOf returns t on a person's clock.
func onClockOf(s *core.Supporter, t time.Time) time.Time {
	loc, err := time.LoadLocation(s.Zone)
	if err != nil {
		return t
	}
	return t.In(loc)
}
