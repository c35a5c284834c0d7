package flows

import (
	"context"
	"slices"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// The page of the agreements: each purpose in the words in which it was asked, with the
// answer that holds, and one tap to give or to withdraw it. Each answer is a new row of
// the history; none is ever changed.

func showConsents(ctx context.Context, t *conversation.Turn, _ string) error {
	history, err := t.Tx.Consents(ctx, t.Supporter.ID)
	if err != nil {
		return err
	}
	m := t.Message("consent.page", locale.Args{
		"Messages": answered(t, history, core.ToMessages), "Area": answered(t, history, core.ToArea),
		"Team": answered(t, history, core.ToTeam),
	})
	for _, p := range core.Purposes {
		m.Buttons = append(m.Buttons, consentButton(t, p, core.Switch(agrees(history, p))))
	}
	m.Buttons = append(m.Buttons, backTo(t, ""))
	t.Replace(m)
	return nil
}

// answered says a purpose, the answer that holds, and since when.
func answered(t *conversation.Turn, history []core.Consent, p core.Purpose) locale.Value {
	args := locale.Args{"Question": locale.Text(locale.Key("consent." + p))}
	c, ok := core.StateOf(history, p)
	if !ok {
		return locale.Phrase{Key: "consent.unanswered", Args: args}
	}
	args["Since"] = locale.Date{At: ownClock(t, c.At), Now: t.Now}
	if c.Given {
		return locale.Phrase{Key: "consent.given", Args: args}
	}
	return locale.Phrase{Key: "consent.refused", Args: args}
}

// agrees reports whether the answer to p that holds is yes.
func agrees(history []core.Consent, p core.Purpose) bool {
	c, _ := core.StateOf(history, p)
	return c.Given
}

// agreementsSaid names the purposes that hold.
func agreementsSaid(history []core.Consent) locale.Value {
	var names locale.List
	for _, p := range core.Purposes {
		if agrees(history, p) {
			names = append(names, locale.Text(locale.Key("consent."+p+"_name")))
		}
	}
	if names == nil {
		return locale.Text("consent.no_name")
	}
	return names
}

// changeConsent gives or withdraws the agreement to a purpose; arg is as switchOf reads
// it. An answer that holds already is not written again.
func changeConsent(ctx context.Context, t *conversation.Turn, arg string) error {
	leaveSettings(t)
	if t.Supporter == nil {
		return showSettings(ctx, t)
	}
	one, to := switchOf(arg)
	p := core.Purpose(one)
	history, err := t.Tx.Consents(ctx, t.Supporter.ID)
	if err != nil {
		return err
	}
	if agrees(history, p) == bool(to) {
		return showConsents(ctx, t, "")
	}
	c := core.Consent{
		Supporter: t.Supporter.ID, Purpose: p, Given: bool(to),
		Version: core.ConsentVersion, Platform: t.Update.Chat.Bot.Platform(), At: t.Now,
	}
	if err := t.Tx.RecordConsent(ctx, &c); err != nil {
		return err
	}
	history = append(history, c)
	if to == core.On {
		return consentGiven(ctx, t, p, history)
	}
	return consentWithdrawn(ctx, t, p, history)
}

// consentGiven says what is now allowed, and asks what is missing for it.
func consentGiven(ctx context.Context, t *conversation.Turn, p core.Purpose, history []core.Consent) error {
	s := t.Supporter
	switch {
	case p == core.ToArea && t.Active() && s.Cell == 0:
		t.Replace(t.Message("consent.area_given", nil))
		return openPlace(ctx, t, wish{})
	case p == core.ToMessages && s.Stopped:
		m := t.Message("consent.messages_stopped", nil)
		m.Buttons = []core.Button{t.Button("stop.undo", "stop.undo"), backTo(t, "agreements")}
		t.Replace(m)
		return nil
	case p == core.ToMessages && t.Active() && s.Often == core.Never:
		t.Say("consent.messages_given", nil)
		return showOften(ctx, t, "")
	}
	t.Replace(consentMessage(t, "consent."+locale.Key(p)+"_given", history))
	return nil
}

// consentWithdrawn does at once what the withdrawal asks for, and says it. The gate reads
// the agreement to messages before each of them is sent, and whoever shows a name that
// to the team; an area that may not be used is not kept.
func consentWithdrawn(ctx context.Context, t *conversation.Turn, p core.Purpose, history []core.Consent) error {
	if p == core.ToArea {
		s := t.Supporter
		s.Cell, s.Place, s.Area = 0, 0, core.World
		t.Conversation.Frames = slices.DeleteFunc(t.Conversation.Frames, func(f core.Frame) bool { return f.Flow == "where" })
		if t.Top() == nil {
			t.Close()
		}
		if err := t.Tx.PutSupporter(ctx, s); err != nil {
			return err
		}
	}
	t.Replace(consentMessage(t, "consent."+locale.Key(p)+"_withdrawn", history))
	for _, q := range core.Purposes {
		if agrees(history, q) {
			return nil
		}
	}
	t.Choose("consent.none_left", nil, t.Button("deleteme.yes", "settings.delete"))
	return nil
}

// consentMessage says what has changed. What can be withdrawn can be from here, too; to
// give, one reads the words on the page.
func consentMessage(t *conversation.Turn, key locale.Key, history []core.Consent) *core.Message {
	m := t.Message(key, nil)
	for _, p := range core.Purposes {
		if agrees(history, p) {
			m.Buttons = append(m.Buttons, consentButton(t, p, core.On))
		}
	}
	m.Buttons = append(m.Buttons, backTo(t, "agreements"))
	return m
}

// consentButton withdraws the agreement to p if it is given, and else gives it.
func consentButton(t *conversation.Turn, p core.Purpose, is core.Switch) core.Button {
	label := "consent." + locale.Key(p) + "_yes"
	if is == core.On {
		label = "consent." + locale.Key(p) + "_no"
	}
	return t.Button(label, "settings.agree", turned(string(p), is))
}

func offerDelete(_ context.Context, t *conversation.Turn, _ string) error {
	leaveSettings(t)
	t.Aside("deleteme", "confirm")
	return nil
}
