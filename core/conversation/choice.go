package conversation

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"tocsin/core"
)

// menus returns the menus of the turn that offered buttons last. One that the
// retention took is left out.
func (t *Turn) menus(ctx context.Context) ([]*core.Menu, error) {
	tokens, err := t.shown(ctx)
	if err != nil {
		return nil, err
	}
	var out []*core.Menu
	for _, token := range tokens {
		m, err := t.Tx.Menu(ctx, token)
		switch core.CodeOf(err) {
		case "":
			out = append(out, m)
		case core.NotFound:
		default:
			return nil, err
		}
	}
	return out, nil
}

// typed finds the button that a typed text names, by its number or its label. It
// reports how many buttons the text fits, those that do the same being one: with more than
// one it names none.
func typed(menus []*core.Menu, text string) (core.Do, int) {
	var found []core.Do
	want := label(text)
	number, err := strconv.Atoi(strings.TrimRight(want, ".)"))
	n := 0
	for _, m := range menus {
		for _, b := range m.Buttons {
			n++
			if err == nil && n == number {
				return b.Do, 1
			}
			if want != "" && label(b.Label) == want && !slices.Contains(found, b.Do) {
				found = append(found, b.Do)
			}
		}
	}
	if len(found) == 0 {
		return core.Do{}, 0
	}
	return found[0], len(found)
}

// begun finds the button whose label begins with the words that were typed. It reports
// how many do.
func begun(menus []*core.Menu, text string) (core.Do, int) {
	want := label(text)
	if want == "" {
		return core.Do{}, 0
	}
	var found []core.Do
	for _, m := range menus {
		for _, b := range m.Buttons {
			if strings.HasPrefix(label(b.Label)+" ", want+" ") && !slices.Contains(found, b.Do) {
				found = append(found, b.Do)
			}
		}
	}
	if len(found) == 0 {
		return core.Do{}, 0
	}
	return found[0], len(found)
}

// label returns the letters and digits of a label in lower case, with single
// spaces: "✅ I’m in!" is "im in".
func label(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			return r
		case unicode.IsSpace(r), r == '-':
			return ' '
		}
		return -1
	}, norm.NFC.String(s))
	return strings.Join(strings.Fields(cases.Fold().String(s)), " ")
}

// onPress finds the button that a press names, and whether its menu is one of the
// last turn. It fails with NotFound if the button is none that we showed to this
// person in this chat.
func (t *Turn) onPress(ctx context.Context, p core.Press) (do core.Do, current bool, err error) {
	token, n, _ := strings.Cut(p.Token, ".")
	var m *core.Menu
	if p.Token != "" {
		m, err = t.Tx.Menu(ctx, core.MenuToken(token))
	} else {
		m, err = t.Tx.MenuOn(ctx, t.Chat.ID, p.On)
	}
	if err != nil {
		return do, false, err
	}
	i := p.Choice
	if p.Token != "" {
		if i, err = strconv.Atoi(n); err != nil {
			return do, false, &core.Error{Code: core.NotFound}
		}
	}
	mine := m.Account == 0 || t.Account != nil && m.Account == t.Account.ID
	if m.Chat != 0 && m.Chat != t.Chat.ID || !mine || i < 1 || i > len(m.Buttons) {
		return do, false, &core.Error{Code: core.NotFound}
	}
	for _, last := range t.Conversation.Menus {
		current = current || last == m.Token
	}
	t.pressed = m.Message
	return m.Buttons[i-1].Do, current, nil
}
