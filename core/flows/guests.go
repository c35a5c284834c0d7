package flows

import (
	"context"
	"strconv"
	"strings"
	"unicode"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// startGuests asks how many come with the person.
func startGuests(t *conversation.Turn, a *core.Action) {
	t.Aside("rsvp", "guests")
	t.Keep("action", itoa(int64(a.ID)))
}

// endGuests closes that question, if it is open.
func endGuests(t *conversation.Turn) {
	if f := t.Top(); f != nil && f.Flow == "rsvp" {
		t.End()
	}
}

// askGuests offers one guest to five and then none, so that each number in a list is
// how many come.
func askGuests(ctx context.Context, t *conversation.Turn) error {
	id := t.Data("action")
	a, err := visibleAction(ctx, t, id)
	if core.CodeOf(err) == core.NotFound {
		t.End()
		t.Say("rsvp.gone", nil)
		return nil
	}
	if err != nil {
		return err
	}
	m := t.Message("rsvp.how_many", locale.Args{"Title": locale.User(a.Title), "Free": free(a)})
	for n := 1; n <= core.MaxGuests; n++ {
		label := t.Language.Text("rsvp.people", locale.Args{"N": locale.Count(n)})
		m.Buttons = append(m.Buttons, core.Button{Label: label, Do: core.Do{Verb: "rsvp.with", Arg: id + " " + strconv.Itoa(n)}})
	}
	m.Buttons = append(m.Buttons, t.Button("rsvp.nobody", "rsvp.with", id+" 0"))
	t.Show(m)
	return nil
}

// guestsText takes a number that is typed: "2", "+2", "deux".
func guestsText(ctx context.Context, t *conversation.Turn, text string) error {
	n, ok := numberIn(t.Language, text)
	if !ok {
		return core.Fail(core.Invalid, "rsvp.guests_form")
	}
	return goWith(ctx, t, t.Data("action"), n)
}

// pickGuests takes the number of a button, as "42 3". Where buttons bear no numbers, a
// number that is typed is how many come, not which button it is.
func pickGuests(ctx context.Context, t *conversation.Turn, arg string) error {
	id, number, _ := strings.Cut(arg, " ")
	guests := int(atoi(number))
	if e, typed := t.Update.Event.(core.Text); typed && t.Can.Buttons {
		if n, ok := numberIn(t.Language, e.Body); ok {
			guests = n
		}
	}
	return goWith(ctx, t, id, guests)
}

// goWith answers that the person comes and brings guests.
func goWith(ctx context.Context, t *conversation.Turn, id string, guests int) error {
	if guests < 0 || guests > core.MaxGuests {
		return core.Fail(core.Invalid, "rsvp.guests")
	}
	a, before, err := asked(ctx, t, id)
	if err != nil {
		return refuseAnswer(t, err)
	}
	r := &core.Rsvp{Action: a.ID, Supporter: t.Supporter.ID, Answer: core.Going, Guests: guests, On: core.DayOf(t.Now)}
	return record(ctx, t, r, before)
}

// numberIn returns the number that a text says, in digits or, up to five, in a word of
// the language, with at most one word behind it: "2 amis". It reports false if the text
// says something else, or may mean two numbers.
func numberIn(p *locale.Printer, text string) (int, bool) {
	said := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-'
	})
	if len(said) == 0 || len(said) > 2 {
		return 0, false
	}
	words := numberWords(p)
	if len(said) == 2 {
		if _, two := readNumber(words, said[1]); two {
			return 0, false
		}
	}
	return readNumber(words, said[0])
}

// readNumber reads one word.
func readNumber(words map[string]int, word string) (int, bool) {
	if n, known := words[word]; known {
		return n, true
	}
	n, err := strconv.Atoi(word)
	return n, err == nil
}

// numberWords returns the words for zero, one and so on.
func numberWords(p *locale.Printer) map[string]int {
	out := map[string]int{}
	for n, same := range strings.Split(p.Text("rsvp.numbers", nil), ",") {
		for _, word := range strings.Fields(same) {
			out[word] = n
		}
	}
	return out
}
