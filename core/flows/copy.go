package flows

import (
	"context"
	"strconv"
	"strings"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// A copy is what one person reads of a broadcast: its words in their language, the action
// or the question that it is about, who speaks, why they are written to, and how to stop.

func copies() *conversation.Flow {
	return &conversation.Flow{
		Name:    "copy",
		Copy:    renderCopy,
		Actions: map[core.Verb]conversation.Action{core.AnswerVerb: answerBroadcast},
	}
}

// renderCopy says nothing of an action that has begun or is not public any more.
func renderCopy(ctx context.Context, s *conversation.Scene, b *core.Broadcast) (*core.Message, error) {
	said := core.In(b.Texts, string(s.Language.Language()))
	m := &core.Message{Body: append([]core.Span(nil), said.Body...), File: b.File}
	if b.Action != 0 {
		line, err := actionLine(ctx, s, b.Action)
		if err != nil || line == nil {
			return nil, err
		}
		m.Body = joined("\n\n", m.Body, line)
	}
	if s.Chat.Kind != core.Private {
		m.Body = joined("\n\n", m.Body, s.Language.Spans("copy.room", locale.Args{"Speaker": locale.User(b.Speaker)}))
		return m, nil
	}
	m.Body = joined("\n\n", m.Body, s.Language.Spans("copy.why", locale.Args{"Speaker": locale.User(b.Speaker)}))
	m.Buttons = copyButtons(s, b)
	return m, nil
}

// actionLine says what, when and where, or nothing if there is nothing to come to.
func actionLine(ctx context.Context, s *conversation.Scene, id core.ActionID) ([]core.Span, error) {
	a, err := s.Tx.Action(ctx, id)
	switch {
	case core.CodeOf(err) == core.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	case a.State != core.Public || !a.StartsAt.After(s.Now):
		return nil, nil
	}
	start := a.Local(a.StartsAt)
	return s.Language.Spans("alert.line", locale.Args{
		"Emoji": locale.Raw(s.Campaign.Kind(a.Kind).Emoji), "Title": locale.User(a.Title),
		"Moment": locale.Moment{At: start, Now: s.Now}, "Day": locale.Day{At: start, Now: s.Now},
		"Where": spot(a), "Free": free(a),
	}), nil
}

// copyLabels name the buttons under a copy by what they do.
var copyLabels = map[core.Verb]locale.Key{
	core.GoingVerb: "rsvp.going", core.ShowVerb: "near.details", core.StopVerb: "copy.stop",
}

// copyButtons are those that the menu of the broadcast has, in its order.
func copyButtons(s *conversation.Scene, b *core.Broadcast) []core.Button {
	out := b.Choices()
	answer := 0
	for i := range out {
		if key, ok := copyLabels[out[i].Do.Verb]; ok {
			out[i].Label = s.Language.Text(key, nil)
			continue
		}
		body := core.In(b.Answers[answer], string(s.Language.Language())).Body
		out[i].Label = (&core.Message{Body: body}).PlainText()
		answer++
	}
	return out
}

// answerBroadcast notes an answer to a question; the last one counts.
func answerBroadcast(ctx context.Context, t *conversation.Turn, arg string) error {
	id, number, _ := strings.Cut(arg, " ")
	of, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return core.Fail(core.NotFound, "copy.over")
	}
	answer, _ := strconv.Atoi(number)
	err = t.Tx.Answer(ctx, core.BroadcastID(of), t.Chat.ID, answer)
	switch core.CodeOf(err) {
	case core.NotFound, core.Invalid: // nobody knows any more who got it
		t.Say("copy.over", nil)
		return nil
	case "":
		t.Say("copy.answered", nil)
	}
	return err
}
