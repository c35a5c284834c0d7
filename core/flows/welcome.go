package flows

import (
	"context"
	"slices"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// proven makes the person a supporter, or recognises the one they are. Only here,
// behind the right code, may an answer depend on who proved the address before.
func proven(ctx context.Context, t *conversation.Turn, c *core.Challenge) error {
	c.Closed = true
	if err := t.Tx.PutChallenge(ctx, c); err != nil {
		return err
	}
	t.Keep("address", "")
	s, err := t.Tx.SponsoredBy(ctx, c.Fingerprint)
	switch {
	case core.CodeOf(err) == core.NotFound && t.Supporter != nil:
		return proveAnother(ctx, t, c.Fingerprint)
	case core.CodeOf(err) == core.NotFound:
		return join(ctx, t, c.Fingerprint)
	case err != nil:
		return err
	case s.ID == t.Account.Supporter:
		return reinstate(ctx, t)
	case s.State == core.Banned:
		return ban(ctx, t, s)
	case s.Held(t.Now):
		t.Close()
		t.Say("move.held", locale.Args{"Until": heldUntil(s, t.Now)})
		return nil
	}
	return takeOver(ctx, t, s)
}

// join makes a supporter who holds the sponsorship. Who was banned before they were
// forgotten is banned again.
func join(ctx context.Context, t *conversation.Turn, f core.Fingerprint) error {
	held, err := t.Tx.Sponsorship(ctx, f)
	if err != nil {
		return err
	}
	s := &core.Supporter{
		State: core.Active, Language: string(t.Language.Language()), Zone: t.Campaign.Zone,
		Radius: core.DefaultRadius, Often: core.Never, Since: core.DayOf(t.Now), Seen: core.DayOf(t.Now),
		Settings: core.Settings{Plain: t.Conversation.Plain},
	}
	if held.Barred {
		s.State = core.Banned
	}
	if err := t.Tx.CreateSupporter(ctx, s); err != nil {
		return err
	}
	if err := t.Tx.Prove(ctx, s.ID, f); err != nil {
		return err
	}
	if held.Barred {
		return ban(ctx, t, s)
	}
	t.Supporter, t.Account.Supporter = s, s.ID
	if err := t.Tx.PutAccount(ctx, t.Account); err != nil {
		return err
	}
	if err := recordConsents(ctx, t, s.ID); err != nil {
		return err
	}
	if from := core.ParseLink(t.Data("link")).Source; slices.Contains(t.Campaign.Sources, from) {
		if err := t.Tx.CountSource(ctx, from); err != nil {
			return err
		}
	}
	t.Say("code.right", nil)
	t.Go("name")
	return nil
}

// ban makes the account one of s, who is banned, and says so.
func ban(ctx context.Context, t *conversation.Turn, s *core.Supporter) error {
	before := t.Supporter
	t.Supporter, t.Account.Supporter = s, s.ID
	t.Close()
	t.Say("talk.banned", nil)
	if err := t.Tx.PutAccount(ctx, t.Account); err != nil {
		return err
	}
	return leave(ctx, t, before)
}

// proveAnother takes another sponsorship of who was suspended in place of the one that
// was withdrawn.
func proveAnother(ctx context.Context, t *conversation.Turn, f core.Fingerprint) error {
	held, err := t.Tx.Sponsorship(ctx, f)
	if err != nil {
		return err
	}
	if err := t.Tx.Prove(ctx, t.Supporter.ID, f); err != nil {
		return err
	}
	if held.Barred {
		t.Supporter.State = core.Banned
		if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
			return err
		}
		return ban(ctx, t, t.Supporter)
	}
	return reinstate(ctx, t)
}

// reinstate ends a suspension: there is a sponsorship again.
func reinstate(ctx context.Context, t *conversation.Turn) error {
	t.Supporter.State = core.Active
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	return backWith(ctx, t, "suspended.over")
}

// backWith ends the sign-up of somebody who has answered its questions before.
func backWith(ctx context.Context, t *conversation.Turn, key locale.Key) error {
	link := core.ParseLink(t.Data("link"))
	t.End()
	t.Say("code.right", nil)
	t.Choose(key, nil, t.Button("near.button", "near.here"), t.Button("agenda.button", "agenda.show"))
	return afterSignup(ctx, t, link)
}
