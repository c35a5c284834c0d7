package flows

import (
	"context"
	"strings"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/intake"
	"tocsin/core/locale"
)

// The proof of a sponsorship must tell nobody whether an address is known. So the
// answer is stored before anything is looked up, every address gets a challenge with
// a code, all counts are the same for all, and only the task that runs later, out of
// sight, looks into the registry and writes a letter or nothing.

func askEmail(_ context.Context, t *conversation.Turn) error {
	t.Say("email.ask", nil)
	return nil
}

func takeEmail(ctx context.Context, t *conversation.Turn, text string) error {
	address, err := intake.EmailIn(text)
	if err != nil {
		return core.Fail(core.Invalid, "email.invalid")
	}
	f := t.Tx.Fingerprint(address)
	over, err := overQuota(ctx, t,
		quotaOf(core.AsksPerAccount, accountKey(t)), quotaOf(core.MailsPerHour, addressKey(f)),
		quotaOf(core.MailsPerDay, addressKey(f)))
	if err != nil {
		return err
	}
	if over {
		t.Say("email.slow", nil)
		return nil
	}
	c := &core.Challenge{
		Account: t.Account.ID, Fingerprint: f, Code: core.NewCode(),
		Made: t.Now, Sends: 1, LastSend: t.Now,
	}
	if err := t.Tx.PutChallenge(ctx, c); err != nil {
		return err
	}
	t.Keep("address", string(address))
	t.Keep("made", stamp(c.Made))
	t.Keep("mail", "")
	if err := orderLetter(t, address, c.Made); err != nil {
		return err
	}
	o := challengeOrder{Chat: t.Chat.ID, Account: t.Account.ID, Made: stamp(c.Made)}
	if err := t.Later(codeForget, o, conversation.Window{Due: c.Made.Add(core.CodeLife)}); err != nil {
		return err
	}
	if err := orderCheck(ctx, t, o, c.Made); err != nil {
		return err
	}
	t.Say("email.sent", locale.Args{"URL": locale.Raw(t.Campaign.SponsorURL)})
	t.Go("code")
	return nil
}

// askCode asks for the code, or for the address again once the code is over: people
// come back late.
func askCode(ctx context.Context, t *conversation.Turn) error {
	c, err := t.Tx.Challenge(ctx, t.Account.ID)
	if core.CodeOf(err) == core.NotFound || err == nil && !c.Live(t.Now) {
		t.Say("code.expired", nil)
		t.Go("email")
		return askEmail(ctx, t)
	}
	if err != nil {
		return err
	}
	t.Choose("code.ask", nil, codeButtons(&t.Scene)...)
	return nil
}

// codeButtons are what can be done in place of typing the code.
func codeButtons(s *conversation.Scene) []core.Button {
	return []core.Button{s.Button("code.resend", "resend"), s.Button("code.other", "other")}
}

func takeCodeChoice(ctx context.Context, t *conversation.Turn, do core.Do) error {
	if do.Verb == "other" {
		t.Go("email")
		return nil
	}
	return resend(ctx, t)
}

// resend has the same code sent again while it lives; it resets no count.
func resend(ctx context.Context, t *conversation.Turn) error {
	c, err := t.Tx.Challenge(ctx, t.Account.ID)
	if core.CodeOf(err) == core.NotFound || err == nil && !c.Live(t.Now) {
		t.Say("code.expired", nil)
		t.Go("email")
		return nil
	}
	if err != nil {
		return err
	}
	if wait := c.LastSend.Add(core.ResendAfter).Sub(t.Now); wait > 0 {
		t.Say("code.wait", locale.Args{"N": locale.Count(int(wait/time.Second) + 1)})
		return nil
	}
	over, err := overQuota(ctx, t, quotaOf(core.AsksPerAccount, accountKey(t)),
		quotaOf(core.MailsPerHour, addressKey(c.Fingerprint)), quotaOf(core.MailsPerDay, addressKey(c.Fingerprint)))
	if err != nil {
		return err
	}
	if over {
		t.Say("email.slow", nil)
		return nil
	}
	c.Sends, c.LastSend = c.Sends+1, t.Now
	if err := t.Tx.PutChallenge(ctx, c); err != nil {
		return err
	}
	if err := orderLetter(t, core.Address(t.Data("address")), c.Made); err != nil {
		return err
	}
	t.Say("code.resent", nil)
	return nil
}

func takeCode(ctx context.Context, t *conversation.Turn, text string) error {
	code, ok := core.ParseCode(text)
	if !ok {
		if strings.Contains(text, "@") {
			return takeEmail(ctx, t, text)
		}
		return core.Fail(core.Invalid, "code.form")
	}
	c, err := t.Tx.Challenge(ctx, t.Account.ID)
	if core.CodeOf(err) == core.NotFound || err == nil && !c.Live(t.Now) {
		t.Say("code.expired", nil)
		t.Go("email")
		return nil
	}
	if err != nil {
		return err
	}
	if key, err := tooManyTries(ctx, t, c); key != "" || err != nil {
		if err == nil {
			t.Say(key, nil)
		}
		return err
	}
	right := c.Code.Equal(code)
	sponsor, err := sponsored(ctx, t.Tx, c.Fingerprint)
	if err != nil {
		return err
	}
	if right && sponsor {
		t.Settled()
		return proven(ctx, t, c)
	}
	return wrongCode(ctx, t, c)
}

// tooManyTries counts a try of a code against every quota, and returns what to say
// if one is used up.
func tooManyTries(ctx context.Context, t *conversation.Turn, c *core.Challenge) (locale.Key, error) {
	over, err := overQuota(ctx, t, quotaOf(core.TriesPerAccount, accountKey(t)),
		quotaOf(core.TriesPerAddress, addressKey(c.Fingerprint)))
	if err != nil || over {
		return "code.slow", err
	}
	over, err = overQuota(ctx, t, quotaOf(core.TriesPerMinute, "everybody"))
	if err != nil || over {
		return "code.busy", err
	}
	return "", nil
}

// wrongCode counts the try, and voids the code with the last one.
func wrongCode(ctx context.Context, t *conversation.Turn, c *core.Challenge) error {
	c.Tries++
	left := core.CodeTries - c.Tries
	c.Closed = left <= 0
	if err := t.Tx.PutChallenge(ctx, c); err != nil {
		return err
	}
	if c.Closed {
		t.Say("code.void", nil)
		t.Go("email")
		return nil
	}
	t.Say("code.wrong", locale.Args{"N": locale.Count(left)})
	return nil
}
