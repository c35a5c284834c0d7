package flows

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// A letter may not come: the mail server is away, the one of the address refuses it or
// lets it wait, the address is wrong, or nobody sponsored with it. Which of these it is
// depends on the address, and must not be told. So everybody whose code still lives is
// told the same, three minutes after they typed an address, once for each; only whether
// our own mail server answers is looked at, which is the same for all.

const (
	// codeCheck is the task that looks whether the mail server answers.
	codeCheck core.TaskName = "code.check"

	// noLetter is what is said when a code was not typed for a while. It is about an
	// account and the time of its challenge, in microseconds.
	noLetter core.ReferenceKind = "noletter"
)

// The look comes long enough before the message that even one that waited behind a slow
// letter, and then for a mail server that hangs, is over in time: a sponsor's letter must
// not change what is said, nor when.
const (
	checkAfter = 90 * time.Second
	tellAfter  = 3 * time.Minute
)

// orderCheck enqueues the look at the mail server, and the message.
func orderCheck(ctx context.Context, t *conversation.Turn, o challengeOrder, made time.Time) error {
	w := conversation.Window{Due: made.Add(checkAfter), Expires: made.Add(tellAfter)}
	if err := t.Later(codeCheck, o, w); err != nil {
		return err
	}
	return t.Tx.Enqueue(ctx, &core.Outgoing{
		Chat: o.Chat, Account: o.Account, Lane: core.Talk, Due: made.Add(tellAfter), Expires: made.Add(core.CodeLife),
		Again: core.Once,
		Content: &core.Reference{
			Kind: noLetter, Subjects: []int64{int64(o.Account), made.UnixMicro()}, Language: string(t.Language.Language()),
		},
	})
}

// checkMail is the task that notes, if the code still lives, that the mail server does
// not answer.
func checkMail(ctx context.Context, b *conversation.Bot, payload []byte) error {
	var o challengeOrder
	if err := json.Unmarshal(payload, &o); err != nil {
		return core.Wrap(core.Internal, err, "flows: read check order")
	}
	waits := false
	err := b.Store.Tx(ctx, func(tx core.Tx) error {
		talk, frame, err := waiting(ctx, tx, o)
		waits = talk != nil && frame >= 0
		return err
	})
	if err != nil || !waits || b.Mailer.Check(ctx) == nil {
		return err
	}
	b.Log.WarnContext(ctx, "the mail server does not answer")
	return b.Store.Tx(ctx, func(tx core.Tx) error {
		talk, frame, err := waiting(ctx, tx, o)
		if err != nil || frame < 0 {
			return err
		}
		talk.Frames[frame].Data["mail"] = "away"
		return tx.PutConversation(ctx, talk)
	})
}

// waiting returns the conversation in which a challenge waits for its code, and the
// number of the frame that does; -1 if none does any more.
func waiting(ctx context.Context, tx core.Tx, o challengeOrder) (*core.Conversation, int, error) {
	now, err := tx.Now(ctx)
	if err != nil {
		return nil, -1, err
	}
	c, err := tx.Challenge(ctx, o.Account)
	if core.CodeOf(err) == core.NotFound || err == nil && (!c.Live(now) || stamp(c.Made) != o.Made) {
		return nil, -1, nil
	}
	if err != nil {
		return nil, -1, err
	}
	talk, err := tx.Conversation(ctx, o.Chat, o.Account)
	if err != nil {
		return nil, -1, err
	}
	return talk, slices.IndexFunc(talk.Frames, func(f core.Frame) bool {
		return f.Flow == "signup" && f.Step == "code" && f.Data["made"] == o.Made
	}), nil
}

// tellNoLetter says what to do where the letter has not come. Its buttons are those of
// the question for the code, if nothing else is asked meanwhile.
func tellNoLetter(ctx context.Context, s *conversation.Scene, subjects []int64) (*core.Message, error) {
	o := challengeOrder{
		Chat: s.Chat.ID, Account: core.AccountID(subjects[0]), Made: stamp(time.UnixMicro(subjects[1])),
	}
	talk, frame, err := waiting(ctx, s.Tx, o)
	if err != nil || frame < 0 {
		return nil, err
	}
	m := s.Message("noletter.nothing", locale.Args{"URL": locale.Raw(s.Campaign.SponsorURL)})
	if talk.Frames[frame].Data["mail"] == "away" {
		m = s.Message("noletter.away", nil)
	}
	if frame == len(talk.Frames)-1 {
		m.Buttons = codeButtons(s)
	}
	return m, nil
}
