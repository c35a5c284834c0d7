package flows

import (
	"context"
	"encoding/json"
	"strings"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// An actionArg is the argument of a button about an action: which, and the page of
// /near that it stood on, to return to.
type actionArg struct {
	Action core.ActionID `json:"a"`
	Page   *search       `json:"p,omitempty"`
	Was    core.Answer   `json:"w,omitempty"` // the answer before it was hidden
	Guests int           `json:"g,omitempty"`
}

// write returns a as an argument: without a page, the number of the action alone.
func (a actionArg) write() string {
	if a.Page == nil && a.Was == "" {
		return itoa(int64(a.Action))
	}
	b, err := json.Marshal(a)
	if err != nil { // a centre that is no number; the way back is lost
		return itoa(int64(a.Action))
	}
	return string(b)
}

func readActionArg(arg string) (a actionArg, err error) {
	if !strings.HasPrefix(arg, "{") {
		return actionArg{Action: core.ActionID(atoi(arg))}, nil
	}
	err = json.Unmarshal([]byte(arg), &a)
	return a, core.Wrap(core.Internal, err, "flows: read button of action")
}

// nearDetails shows all that is public about an action: in place of its card, if it
// was opened from one.
func nearDetails(ctx context.Context, t *conversation.Turn, arg string) error {
	from, err := readActionArg(arg)
	if err != nil {
		return err
	}
	a, err := visibleAction(ctx, t, itoa(int64(from.Action)))
	if err != nil {
		return err
	}
	m, err := details(ctx, t, a)
	if err != nil {
		return err
	}
	if m.Buttons, err = detailsButtons(ctx, t, a, from); err != nil {
		return err
	}
	if len(m.Buttons) == 0 { // it is over, or called off: there are others
		m.Buttons = []core.Button{t.Button("near.button", "near.here")}
	}
	if from.Page == nil {
		t.Show(m)
		return nil
	}
	t.Replace(m)
	return nil
}

// details are the text and the pin.
func details(ctx context.Context, t *conversation.Turn, a *core.Action) (*core.Message, error) {
	who, err := whoComes(ctx, &t.Scene, a)
	if err != nil {
		return nil, err
	}
	left := free(a)
	switch {
	case a.State == core.Cancelled:
		left, who = locale.Text("action.cancelled"), nil
	case !t.Now.Before(a.EndsAt):
		left, who = locale.Text("action.over"), nil
	}
	head := t.Language.Spans("action.details", locale.Args{
		"Title": locale.User(a.Title), "Kind": locale.Raw(t.Campaign.Kind(a.Kind).In(string(t.Language.Language()))),
		"Period": locale.Period{Start: a.Local(a.StartsAt), End: a.Local(a.EndsAt), Now: t.Now},
		"Place":  spot(a), "Free": left,
	})
	m := &core.Message{Body: joined("\n\n", joined("\n", head, who), t.Language.Spans("action.note", locale.Args{"Note": note(a)}))}
	if !a.Online {
		m.Pin = &core.Pin{Point: a.Point, Title: a.Place}
	}
	return m, nil
}

// detailsButtons are the answers that make sense now, and the way back.
func detailsButtons(ctx context.Context, t *conversation.Turn, a *core.Action, from actionArg) ([]core.Button, error) {
	var buttons []core.Button
	if a.State == core.Public && t.Now.Before(a.EndsAt) {
		answers, err := answerButtons(ctx, t, from)
		if err != nil {
			return nil, err
		}
		buttons = answers
	}
	if t.Chat.Kind == core.Private && shareable(t, a) {
		buttons = append(buttons, t.Button("share.button", "share.action", itoa(int64(a.ID))))
	}
	if from.Page != nil {
		buttons = append(buttons, t.Button("near.back", "near.more", from.Page.write()))
	}
	return buttons, nil
}

// answerButtons offer what the person has not answered.
func answerButtons(ctx context.Context, t *conversation.Turn, from actionArg) ([]core.Button, error) {
	id := itoa(int64(from.Action))
	going := goingButton(&t.Scene, from.Action)
	if !ours(t) {
		return []core.Button{going}, nil
	}
	r, err := t.Tx.Rsvp(ctx, from.Action, t.Supporter.ID)
	if err != nil && core.CodeOf(err) != core.NotFound {
		return nil, err
	}
	if r.Places() > 0 {
		return []core.Button{t.Button("rsvp.not", "rsvp.not", id)}, nil
	}
	return []core.Button{
		going, t.Button("rsvp.maybe", "rsvp.maybe", id), t.Button("near.hide", "near.hide", actionArg{Action: from.Action, Page: from.Page}.write()),
	}, nil
}
