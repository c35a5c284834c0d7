package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// proven makes the person a supporter, or recognises the one they are.
func proven(ctx context.Context, t *conversation.Turn, c *core.Challenge) error {
	c.Closed = true
	if err := t.Tx.PutChallenge(ctx, c); err != nil {
		return err
	}
	s, err := t.Tx.SponsoredBy(ctx, c.Fingerprint)
	if err != nil && core.CodeOf(err) != core.NotFound {
		return err
	}
	if err == nil {
		err = welcomeBack(ctx, t, s)
	} else {
		s, err = welcome(ctx, t, c.Fingerprint)
	}
	if err != nil {
		return err
	}
	t.Supporter, t.Account.Supporter = s, s.ID
	if err := t.Tx.PutAccount(ctx, t.Account); err != nil {
		return err
	}
	if err := recordConsents(ctx, t, s.ID); err != nil {
		return err
	}
	if s.State == core.Banned {
		t.Close()
		t.Say("talk.banned", nil)
		return nil
	}
	t.Keep("address", "")
	t.Say("code.right", nil)
	t.Go("name")
	return nil
}

// welcome makes a supporter who holds the sponsorship.
func welcome(ctx context.Context, t *conversation.Turn, f core.Fingerprint) (*core.Supporter, error) {
	s := &core.Supporter{
		State: core.Active, Language: string(t.Language.Language()), Zone: t.Campaign.Zone,
		Radius: core.DefaultRadius, Often: core.Never, Since: core.DayOf(t.Now), Seen: core.DayOf(t.Now),
		Settings: core.Settings{Plain: t.Conversation.Plain},
	}
	if err := t.Tx.CreateSupporter(ctx, s); err != nil {
		return nil, err
	}
	return s, t.Tx.Prove(ctx, s.ID, f)
}

// welcomeBack tells the chats that a supporter spoke from before, and ends a
// suspension: the sponsorship is there again.
func welcomeBack(ctx context.Context, t *conversation.Turn, s *core.Supporter) error {
	if err := tellFirstChats(ctx, t, s.ID); err != nil {
		return err
	}
	if s.State != core.Suspended {
		return nil
	}
	s.State = core.Active
	return t.Tx.PutSupporter(ctx, s)
}

// tellFirstChats writes to the accounts that proved the same address before.
func tellFirstChats(ctx context.Context, t *conversation.Turn, s core.SupporterID) error {
	accounts, err := t.Tx.AccountsOf(ctx, s)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if a.ID == t.Account.ID || a.Home == 0 {
			continue
		}
		o := &core.Outgoing{
			Chat: a.Home, Account: a.ID, Lane: core.Talk, Due: t.Now, Again: core.TwiceOkay,
			Content: t.Message("signup.elsewhere", locale.Args{
				"Platform": locale.Text(locale.Key("platform." + string(t.Update.Chat.Bot.Platform()))),
			}),
		}
		if err := t.Tx.Enqueue(ctx, o); err != nil {
			return err
		}
	}
	return nil
}
