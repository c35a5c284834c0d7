package matrix

import (
	"context"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// edit replaces what a message shows. One of several parts is taken back and sent anew:
// an edit replaces one event by one.
func (p *post) edit(ctx context.Context, e *core.Edit) (core.Receipt, error) {
	all := texts(e.Message)
	if len(e.Parts) != 1 || len(all) != 1 || e.Message.Pin != nil || e.Message.File != nil {
		receipt, err := p.message(ctx, e.Message)
		if err != nil {
			return nil, err
		}
		return receipt, p.redact(ctx, e.Parts)
	}
	original := id.EventID(e.Parts[0])
	content := textOf(p.kind(), all[0])
	content.SetEdit(original) // always the first: an edit of an edit is none
	if _, err := p.encrypted(ctx, "edit", event.EventMessage, &event.Content{Parsed: content}); err != nil {
		return nil, err
	}
	return e.Parts, p.reoffer(ctx, original, len(e.Message.Buttons))
}

// reoffer makes the bot's own reactions under a message fit its choices.
func (p *post) reoffer(ctx context.Context, on id.EventID, n int) error {
	if !p.config.Unlimited {
		return nil
	}
	var there *mautrix.RespGetRelations
	err := p.call(ctx, func(ctx context.Context) (err error) {
		there, err = p.client.GetRelations(ctx, p.at, on, &mautrix.ReqGetRelations{
			RelationType: event.RelAnnotation, EventType: event.EventReaction, Limit: mostReactions,
		})
		return err
	})
	if err != nil {
		return asError(judge(err, false), "matrix: list reactions")
	}
	var surplus core.Receipt
	var fit []int
	for _, e := range there.Chunk {
		prepare(e, p.at)
		c, ok := e.Content.Parsed.(*event.ReactionEventContent)
		if !ok || e.Sender != p.user {
			continue
		}
		switch chosen, ok := press(c).(core.Press); {
		case ok && chosen.Choice > n:
			surplus = append(surplus, core.ReceiptID(e.ID))
		case ok:
			fit = append(fit, chosen.Choice)
		}
	}
	if err := p.redact(ctx, surplus); err != nil {
		return err
	}
	return p.offer(ctx, on, n, fit...)
}

// mostReactions is how many reactions under one message are looked at.
const mostReactions = 100

// redact takes the parts of a message back. One that is gone already is no failure.
func (p *post) redact(ctx context.Context, parts core.Receipt) error {
	for i, part := range parts {
		err := p.written(ctx, func(ctx context.Context) error {
			_, err := p.client.RedactEvent(ctx, p.at, id.EventID(part), mautrix.ReqRedact{TxnID: p.transaction(fmt.Sprint("redact ", i))})
			return err
		})
		if err != nil && kindOf(err) != gone {
			return asError(judge(err, false), "matrix: redact event")
		}
	}
	return nil
}
