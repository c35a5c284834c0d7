package flows

import (
	"context"
	"slices"
	"strings"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/gazetteer"
	"tocsin/core/locale"
)

// The page of the kinds of action that interest a person. Where they do not all fit they
// are shown kindsPerPage at a time.
const (
	kindsAtOnce  = 6 // with "all" and "back" they are eight buttons
	kindsPerPage = 5 // with "more" too
)

// kindsSaid says which kinds interest the person, or how many where they are many.
func kindsSaid(t *conversation.Turn) locale.Value {
	const few = 3
	s := &t.Supporter.Settings
	if len(s.Kinds) == 0 {
		return locale.Text("interests.all")
	}
	var names locale.List
	for _, k := range t.Campaign.Kinds {
		if s.Likes(k.ID) {
			names = append(names, locale.Raw(k.In(string(t.Language.Language()))))
		}
	}
	if n := len(names); n == 0 || n > few {
		return locale.Phrase{Key: "interests.some", Args: locale.Args{
			"N": locale.Count(n), "All": locale.Count(len(t.Campaign.Kinds)),
		}}
	}
	return names
}

func openInterests(ctx context.Context, t *conversation.Turn, arg string) error {
	if arg != "" {
		if err := turnRound(ctx, t, arg); err != nil {
			return err
		}
	}
	t.Aside("settings", "interests")
	return nil
}

func askInterests(_ context.Context, t *conversation.Turn) error {
	t.Replace(interestsPage(t, int(atoi(t.Data("page")))))
	return nil
}

// interestsPage shows the kinds from the one at index first on. Its buttons carry that
// index, so that a tap stays on its page.
func interestsPage(t *conversation.Turn, first int) *core.Message {
	kinds, chosen, language := t.Campaign.Kinds, t.Supporter.Settings.Kinds, string(t.Language.Language())
	shown, next := kindsFrom(kinds, &first)
	here := itoa(int64(first)) + " "
	m := t.Message("interests.ask", locale.Args{"Kinds": kindsSaid(t)})
	m.Buttons = []core.Button{ticked(t, t.Language.Text("interests.all_button", nil), len(chosen) == 0,
		core.Do{Verb: "settings.kind", Arg: here + allKinds})}
	for _, k := range shown {
		is := core.Switch(slices.Contains(chosen, k.ID))
		m.Buttons = append(m.Buttons, ticked(t, k.In(language), is,
			core.Do{Verb: "settings.kind", Arg: here + turned(string(k.ID), is)}))
	}
	if len(shown) < len(kinds) {
		m.Buttons = append(m.Buttons, t.Button("interests.more", "settings.kinds", itoa(int64(next))))
	}
	m.Buttons = append(m.Buttons, backTo(t, ""))
	return m
}

// allKinds stands for all of them in a button; it is the id of none.
const allKinds = "*"

// changeKind is behind the buttons of the kinds.
func changeKind(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	first, rest, _ := strings.Cut(arg, " ")
	one, to := switchOf(rest)
	if one == allKinds {
		t.Supporter.Settings.Kinds = nil
	} else {
		like(t, core.KindID(one), to)
	}
	if err := t.Tx.PutSupporter(ctx, t.Supporter); err != nil {
		return err
	}
	return turnKinds(ctx, t, first)
}

// turnKinds shows the kinds from an index on.
func turnKinds(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		return turnToSettings(ctx, t, "")
	}
	if f := t.Top(); f != nil && f.Flow == "settings" && f.Step == "interests" {
		t.Keep("page", arg)
	}
	t.Replace(interestsPage(t, int(atoi(arg))))
	return nil
}

// like notes a choice, and lets go of kinds that the campaign has no more.
func like(t *conversation.Turn, one core.KindID, to core.Switch) {
	s := &t.Supporter.Settings
	known := func(id core.KindID) bool {
		return slices.ContainsFunc(t.Campaign.Kinds, func(k core.Kind) bool { return k.ID == id })
	}
	if known(one) {
		s.Like(one, to)
	}
	for _, id := range s.Kinds {
		if !known(id) {
			s.Like(id, core.Off)
		}
	}
}

func takeInterests(ctx context.Context, t *conversation.Turn, text string) error {
	t.Ask()
	return turnRound(ctx, t, text)
}

// turnRound turns round the choice of each kind that text names: "tractage, collage". It
// fails with Invalid if it finds none under a name.
func turnRound(ctx context.Context, t *conversation.Turn, text string) error {
	named := []string{text}
	if _, ok := kindCalled(t, text); !ok {
		named = strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;/\n", r) })
	}
	for _, name := range named {
		id, ok := kindCalled(t, name)
		if !ok {
			return core.Fail(core.Invalid, "interests.unknown")
		}
		like(t, id, core.Switch(!slices.Contains(t.Supporter.Settings.Kinds, id)))
	}
	return t.Tx.PutSupporter(ctx, t.Supporter)
}

// kindCalled returns the kind that has a name in any language, or else the only one whose
// name begins so.
func kindCalled(t *conversation.Turn, name string) (core.KindID, bool) {
	want := gazetteer.Fold(name)
	var begins []core.KindID
	for _, k := range t.Campaign.Kinds {
		for _, n := range k.Name {
			switch have := gazetteer.Fold(n); {
			case have == want:
				return k.ID, true
			case want != "" && strings.HasPrefix(have, want) && !slices.Contains(begins, k.ID):
				begins = append(begins, k.ID)
			}
		}
	}
	if len(begins) != 1 {
		return "", false
	}
	return begins[0], true
}
