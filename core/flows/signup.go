package flows

import (
	"context"
	"strings"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// signup takes a person from the first word to the first action: consent, proof of
// the sponsorship, name, place, how often to hear. Until the proof we keep nothing
// of it but the open conversation.
func signup() *conversation.Flow {
	f := &conversation.Flow{
		Name:     "signup",
		Commands: []conversation.Command{{Name: "start", Do: start}},
		Steps: map[string]conversation.Step{
			"welcome": {Ask: askWelcome, Choice: takeWelcome},
			"consent": {Ask: askConsent, Choice: takeConsent},
			"email":   {Ask: askEmail, Text: takeEmail},
			"code":    {Ask: askCode, Text: takeCode, Choice: takeCodeChoice},
			"name":    {Ask: askName, Text: takeName, Choice: skipName},
			"often":   {Ask: askOften, Choice: takeOften},
		},
		Actions: map[core.Verb]conversation.Action{"suspended.prove": proveAgain},
		Tasks: map[core.TaskName]conversation.Task{
			codeLetter: sendCode, codeCheck: checkMail, codeForget: forgetCode,
		},
		References: map[core.ReferenceKind]conversation.Rendering{
			noLetter: tellNoLetter, core.SuspendedNotice: tellSuspended,
		},
	}
	for name, step := range placeSteps(afterPlace) {
		f.Steps[name] = step
	}
	return f
}

func askWelcome(_ context.Context, t *conversation.Turn) error {
	t.Choose("signup.welcome", locale.Args{"Campaign": locale.Raw(t.Campaign.Name)},
		t.Button("signup.continue", "yes"), t.Button("signup.no_thanks", "no"))
	return nil
}

func takeWelcome(_ context.Context, t *conversation.Turn, do core.Do) error {
	if do.Verb != "yes" {
		t.End()
		t.Say("signup.declined", nil)
		return nil
	}
	t.Keep("purpose", string(core.Purposes[0]))
	t.Go("consent")
	return nil
}

// askConsent asks for one purpose at a time, so that each has its own yes.
func askConsent(_ context.Context, t *conversation.Turn) error {
	p := t.Data("purpose")
	t.Choose(locale.Key("consent."+p), nil, t.Button(locale.Key("consent."+p+"_yes"), "yes"),
		t.Button("consent.no", "no"))
	return nil
}

func takeConsent(_ context.Context, t *conversation.Turn, do core.Do) error {
	p := t.Data("purpose")
	t.Keep("consent."+p, string(do.Verb)+" "+t.Now.Format(time.RFC3339Nano))
	for i, q := range core.Purposes {
		if string(q) == p && i+1 < len(core.Purposes) {
			t.Keep("purpose", string(core.Purposes[i+1]))
			t.Go("consent")
			return nil
		}
	}
	for _, q := range core.Purposes {
		if strings.HasPrefix(t.Data("consent."+string(q)), "yes") {
			t.Go("email")
			return nil
		}
	}
	t.End()
	t.Say("consent.none", nil)
	return nil
}

// recordConsents stores what was answered, with the time of each answer.
func recordConsents(ctx context.Context, t *conversation.Turn, s core.SupporterID) error {
	for _, p := range core.Purposes {
		answer, at, ok := strings.Cut(t.Data("consent."+string(p)), " ")
		if !ok {
			continue
		}
		when, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			return core.Wrap(core.Internal, err, "flows: read consent")
		}
		c := &core.Consent{
			Supporter: s, Purpose: p, Given: answer == "yes",
			Version: core.ConsentVersion, Platform: t.Update.Chat.Bot.Platform(), At: when,
		}
		if err := t.Tx.RecordConsent(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func askName(_ context.Context, t *conversation.Turn) error {
	t.Choose("name.ask", nil, t.Button("name.skip", "skip"))
	return nil
}

func takeName(ctx context.Context, t *conversation.Turn, text string) error {
	name, err := core.CleanName(text)
	if err != nil {
		return err
	}
	t.Supporter.Name = name
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	t.Say("name.thanks", locale.Args{"Name": locale.User(name)})
	return afterName(ctx, t)
}

func skipName(ctx context.Context, t *conversation.Turn, _ core.Do) error {
	return afterName(ctx, t)
}

// afterName asks for the place, unless the person did not agree to that.
func afterName(ctx context.Context, t *conversation.Turn) error {
	ok, err := t.Tx.Consented(ctx, t.Supporter.ID, core.ToArea)
	if err != nil {
		return err
	}
	if !ok {
		return afterPlace(ctx, t)
	}
	t.Go("place")
	return nil
}

// afterPlace asks how often to write, unless the person did not agree to that.
func afterPlace(ctx context.Context, t *conversation.Turn) error {
	ok, err := t.Tx.Consented(ctx, t.Supporter.ID, core.ToMessages)
	if err != nil {
		return err
	}
	if !ok {
		return finishSignup(ctx, t)
	}
	t.Go("often")
	return nil
}

// oftens are the choices of how often to hear, and their labels.
var oftens = []struct {
	often core.Often
	label locale.Key
}{
	{core.Instantly, "often.instantly"},
	{core.Daily, "often.daily"},
	{core.Weekly, "often.weekly"},
	{core.Never, "often.never"},
}

func askOften(_ context.Context, t *conversation.Turn) error {
	var buttons []core.Button
	for _, o := range oftens {
		buttons = append(buttons, t.Button(o.label, core.Verb(o.often)))
	}
	t.Choose("often.ask", nil, buttons...)
	return nil
}

func takeOften(ctx context.Context, t *conversation.Turn, do core.Do) error {
	t.Supporter.Often = core.Often(do.Verb)
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	return finishSignup(ctx, t)
}

// finishSignup ends a sign-up, and turns to what the person came for.
func finishSignup(ctx context.Context, t *conversation.Turn) error {
	link := core.ParseLink(t.Data("link"))
	t.End()
	t.Choose("signup.done", nil, t.Button("near.button", "near.here"))
	return afterSignup(ctx, t, link)
}
