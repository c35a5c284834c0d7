package flows

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
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

// codeLetter is the task that checks the registry and sends the code; codeForget
// wipes the address and the code when their time is over.
const (
	codeLetter core.TaskName = "code.letter"
	codeForget core.TaskName = "code.forget"
)

// A forgetOrder is the payload of codeForget.
type forgetOrder struct {
	Chat    core.ChatID    `json:"chat"`
	Account core.AccountID `json:"account"`
	Made    string         `json:"made"` // of the challenge
}

// A letterOrder is the payload of codeLetter.
type letterOrder struct {
	Account  core.AccountID `json:"account"`
	Address  string         `json:"address"`
	Language string         `json:"language"`
	Platform core.Platform  `json:"platform"`
	Letter   string         `json:"letter"` // of the Message-ID
}

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
	if err := orderLetter(t, address, c.Made); err != nil {
		return err
	}
	forget := forgetOrder{Chat: t.Chat.ID, Account: t.Account.ID, Made: stamp(c.Made)}
	if err := t.Later(codeForget, forget, conversation.Window{Due: c.Made.Add(core.CodeLife)}); err != nil {
		return err
	}
	t.Say("email.sent", locale.Args{"URL": locale.Raw(t.Campaign.SponsorURL)})
	t.Go("code")
	return nil
}

// orderLetter enqueues the look-up and the letter. It is gone when the code is.
func orderLetter(t *conversation.Turn, a core.Address, made time.Time) error {
	return t.Later(codeLetter, letterOrder{
		Account: t.Account.ID, Address: string(a), Language: string(t.Language.Language()),
		Platform: t.Update.Chat.Bot.Platform(), Letter: strings.ToLower(rand.Text()),
	}, conversation.Window{Expires: made.Add(core.CodeLife)})
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func askCode(_ context.Context, t *conversation.Turn) error {
	t.Choose("code.ask", nil, t.Button("code.resend", "resend"), t.Button("code.other", "other"))
	return nil
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
	known := err == nil
	if known {
		if err := tellFirstChats(ctx, t, s.ID); err != nil {
			return err
		}
	} else {
		s = &core.Supporter{
			State: core.Active, Language: string(t.Language.Language()), Zone: t.Campaign.Zone,
			Radius: core.DefaultRadius, Often: core.Never, Since: core.DayOf(t.Now), Seen: core.DayOf(t.Now),
		}
		if err := t.Tx.CreateSupporter(ctx, s); err != nil {
			return err
		}
		if err := t.Tx.Prove(ctx, s.ID, c.Fingerprint); err != nil {
			return err
		}
	}
	t.Supporter, t.Account.Supporter = s, s.ID
	if err := t.Tx.PutAccount(ctx, t.Account); err != nil {
		return err
	}
	if err := recordConsents(ctx, t, s.ID); err != nil {
		return err
	}
	t.Keep("address", "")
	t.Say("code.right", nil)
	t.Go("name")
	return nil
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

// sponsored reports whether the registry knows an address, and did not lose it.
func sponsored(ctx context.Context, r core.Reader, f core.Fingerprint) (bool, error) {
	s, err := r.Sponsorship(ctx, f)
	switch core.CodeOf(err) {
	case "":
		return !s.Revoked, nil
	case core.NotFound:
		return false, nil
	}
	return false, err
}

// sendCode is the task behind the answer: for a sponsor it posts the letter, for
// anybody else it does nothing.
func sendCode(ctx context.Context, b *conversation.Bot, payload []byte) error {
	var o letterOrder
	if err := json.Unmarshal(payload, &o); err != nil {
		return core.Wrap(core.Internal, err, "flows: read letter order")
	}
	var c *core.Challenge
	err := b.Store.Tx(ctx, func(tx core.Tx) error {
		found, err := tx.Challenge(ctx, o.Account)
		if err != nil {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		ok, err := sponsored(ctx, tx, found.Fingerprint)
		if ok && found.Live(now) && found.Fingerprint == tx.Fingerprint(core.Address(o.Address)) {
			c = found
		}
		return err
	})
	if core.CodeOf(err) == core.NotFound || err == nil && c == nil {
		return nil
	}
	if err != nil {
		return err
	}
	return b.Mailer.Post(ctx, codeLetterFor(b, o, c))
}

func codeLetterFor(b *conversation.Bot, o letterOrder, c *core.Challenge) *core.Letter {
	p := b.Locale.Printer(b.Locale.Match(o.Language, b.Campaign.Language))
	args := locale.Args{
		"Campaign": locale.Raw(b.Campaign.Name), "Code": locale.Raw(c.Code.Shown()),
		"Platform": locale.Text(locale.Key("platform." + string(o.Platform))),
	}
	return &core.Letter{
		ID: o.Letter, To: core.Address(o.Address), Language: string(p.Language()),
		Subject: p.Text("letter.subject", args), Text: p.Text("letter.text", args),
	}
}

// forgetCode is the task that ends an address and its code, fifteen minutes after
// they were made.
func forgetCode(ctx context.Context, b *conversation.Bot, payload []byte) error {
	var o forgetOrder
	if err := json.Unmarshal(payload, &o); err != nil {
		return core.Wrap(core.Internal, err, "flows: read forget order")
	}
	return b.Store.Tx(ctx, func(tx core.Tx) error {
		c, err := tx.Challenge(ctx, o.Account)
		if err != nil && core.CodeOf(err) != core.NotFound {
			return err
		}
		if err == nil && !c.Closed && stamp(c.Made) == o.Made {
			c.Closed = true
			if err := tx.PutChallenge(ctx, c); err != nil {
				return err
			}
		}
		talk, err := tx.Conversation(ctx, o.Chat, o.Account)
		if err != nil {
			return err
		}
		for _, f := range talk.Frames {
			if f.Data["made"] == o.Made {
				delete(f.Data, "address")
				return tx.PutConversation(ctx, talk)
			}
		}
		return nil
	})
}

// A quotaUse is one quota and of whom it counts.
type quotaUse struct {
	quota core.Quota
	key   core.TallyKey
}

func quotaOf(q core.Quota, subject string) quotaUse {
	return quotaUse{q, core.TallyKey{Kind: q.Kind, Subject: subject}}
}

func accountKey(t *conversation.Turn) string { return "account " + itoa(int64(t.Account.ID)) }

func addressKey(f core.Fingerprint) string { return "address " + hex.EncodeToString(f[:]) }

// overQuota counts one attempt in every quota, and reports whether one is used up.
func overQuota(ctx context.Context, t *conversation.Turn, uses ...quotaUse) (bool, error) {
	over := false
	for _, u := range uses {
		n, err := t.Tx.Tally(ctx, u.key, u.quota.Window)
		if err != nil {
			return false, err
		}
		over = over || n > u.quota.Max
	}
	return over, nil
}
