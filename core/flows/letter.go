package flows

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// codeLetter is the task that checks the registry and sends the code; codeForget
// wipes the address and the code when their time is over.
const (
	codeLetter core.TaskName = "code.letter"
	codeForget core.TaskName = "code.forget"
)

// A challengeOrder is the payload of codeForget and codeCheck: it names a challenge.
type challengeOrder struct {
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

// orderLetter enqueues the look-up and the letter. It is gone when the code is.
func orderLetter(t *conversation.Turn, a core.Address, made time.Time) error {
	return t.Later(codeLetter, letterOrder{
		Account: t.Account.ID, Address: string(a), Language: string(t.Language.Language()),
		Platform: t.Update.Chat.Bot.Platform(), Letter: strings.ToLower(rand.Text()),
	}, conversation.Window{Expires: made.Add(core.CodeLife)})
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

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
	var o challengeOrder
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
		if !wipeAddress(talk, o.Made) {
			return nil
		}
		return tx.PutConversation(ctx, talk)
	})
}

// wipeAddress takes the address of a challenge out of what is open, and of what would be
// taken up again by a correction. It reports whether it was there.
func wipeAddress(talk *core.Conversation, made string) bool {
	frames := talk.Frames
	if talk.Last != nil {
		frames = slices.Concat(frames, talk.Last.Frames)
	}
	wiped := false
	for _, f := range frames {
		if f.Data["made"] == made && f.Data["address"] != "" {
			delete(f.Data, "address")
			wiped = true
		}
	}
	return wiped
}
