package telegram

import (
	"strconv"
	"unicode/utf8"

	"tocsin/core"
)

// The forms of reply_markup that we send (Bot API, InlineKeyboardMarkup and
// ReplyKeyboardMarkup).
type inlineKeyboard struct {
	Rows [][]inlineButton `json:"inline_keyboard"`
}

type inlineButton struct {
	Text string `json:"text"`
	Data string `json:"callback_data,omitempty"` // one of the two
	URL  string `json:"url,omitempty"`
}

type replyKeyboard struct {
	Rows   [][]replyButton `json:"keyboard"`
	Resize bool            `json:"resize_keyboard"`
	Once   bool            `json:"one_time_keyboard"`
}

type replyButton struct {
	Text string `json:"text"`
	Here bool   `json:"request_location,omitempty"`
}

type removeKeyboard struct {
	Remove bool `json:"remove_keyboard"`
}

// How wide a row is: three short labels, two of middle length, one long.
const (
	shortLabel  = 9
	middleLabel = 18
)

// markup returns what is below the text of m, nil for nothing. A reply keyboard, which
// asks for a position, exists in private chats only, and holds the other choices too: a
// message has one of the two kinds. Their labels are then written, as everywhere.
func markup(d core.Delivery, m *core.Message) any {
	switch {
	case m.AskHere && d.Kind == core.Private:
		return asking(m)
	case len(m.Buttons) > 0:
		return inline(m.Menu, m.Buttons)
	case m.Unask && d.Kind == core.Private:
		return removeKeyboard{Remove: true}
	}
	return nil
}

// inline lays out the buttons of a message. What they carry is the token of the menu
// and the number of the button, and nothing else.
func inline(menu core.MenuToken, buttons []core.Button) *inlineKeyboard {
	k := &inlineKeyboard{}
	for i := 0; i < len(buttons); {
		n := perRow(buttons[i:])
		var row []inlineButton
		for _, b := range buttons[i : i+n] {
			i++
			button := inlineButton{Text: b.Label, Data: data(menu, i)}
			if b.URL != "" {
				button.URL, button.Data = b.URL, ""
			}
			row = append(row, button)
		}
		k.Rows = append(k.Rows, row)
	}
	return k
}

// data is what the button with a number carries.
func data(menu core.MenuToken, number int) string { return string(menu) + "." + strconv.Itoa(number) }

// perRow returns how many of the next buttons fit in one row.
func perRow(buttons []core.Button) int {
	n, longest := 0, 0
	for _, b := range buttons[:min(3, len(buttons))] {
		longest = max(longest, utf8.RuneCountInString(b.Label))
		if longest > middleLabel && n > 0 || longest > shortLabel && n > 1 {
			break
		}
		n++
	}
	return n
}

// asking lays out the offer to share a position, and the other choices.
func asking(m *core.Message) *replyKeyboard {
	k := &replyKeyboard{Resize: true, Once: true, Rows: [][]replyButton{{{Text: m.Here, Here: true}}}}
	for _, b := range m.Buttons {
		k.Rows = append(k.Rows, []replyButton{{Text: b.Label}})
	}
	return k
}
