package telegramtest

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of keyboards. Only that of the data is documented; the real server's
// others are not published.
const (
	maxData    = 64  // bytes of callback_data
	maxButtons = 100 // of one message
)

// A Button is one button under a message.
type Button struct {
	Text     string `json:"text"`
	Data     string `json:"callback_data,omitempty"`
	URL      string `json:"url,omitempty"`
	WebApp   *Page  `json:"web_app,omitempty"`
	CopyText *Copy  `json:"copy_text,omitempty"`
	Style    string `json:"style,omitempty"`
}

// A Page is what a web_app button opens.
type Page struct {
	URL string `json:"url"`
}

// A Copy is what a copy_text button copies.
type Copy struct {
	Text string `json:"text"`
}

// A Key is one button of a reply keyboard.
type Key struct {
	Text     string `json:"text"`
	Location bool   `json:"request_location"`
	Contact  bool   `json:"request_contact"`
}

// A Keyboard is a reply keyboard, the removal of one, or a forced reply.
type Keyboard struct {
	Keys        [][]Key
	Removed     bool
	ForceReply  bool
	Selective   bool
	OneTime     bool
	Persistent  bool
	Resized     bool
	Placeholder string
}

// rawMarkup has the fields of all four kinds of reply_markup.
type rawMarkup struct {
	Inline      *[][]json.RawMessage `json:"inline_keyboard"`
	Keyboard    *[][]json.RawMessage `json:"keyboard"`
	Remove      bool                 `json:"remove_keyboard"`
	Force       bool                 `json:"force_reply"`
	Selective   bool                 `json:"selective"`
	OneTime     bool                 `json:"one_time_keyboard"`
	Persistent  bool                 `json:"is_persistent"`
	Resize      bool                 `json:"resize_keyboard"`
	Placeholder string               `json:"input_field_placeholder"`
}

// buttons reads reply_markup: the buttons under the message, or a keyboard.
func (c *call) buttons(to *chat) ([][]Button, *Keyboard, *refusal) {
	text := c.params["reply_markup"]
	if text == "" {
		return nil, nil, nil
	}
	if !json.Valid([]byte(text)) {
		return nil, nil, bad("can't parse reply keyboard markup JSON object")
	}
	if strings.TrimSpace(text)[0] != '{' {
		return nil, nil, bad("object expected as reply markup")
	}
	var raw rawMarkup
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, nil, bad("can't parse reply keyboard markup JSON object")
	}
	if raw.Inline != nil {
		rows, refused := inlineRows(*raw.Inline, to)
		return rows, nil, refused
	}
	return reply(raw, to)
}

// reply reads the three kinds of markup that change what the person types on.
func reply(raw rawMarkup, to *chat) ([][]Button, *Keyboard, *refusal) {
	k := &Keyboard{
		Removed: raw.Remove, ForceReply: raw.Force, Selective: raw.Selective, OneTime: raw.OneTime,
		Persistent: raw.Persistent, Resized: raw.Resize, Placeholder: raw.Placeholder,
	}
	if utf8.RuneCountInString(raw.Placeholder) > 64 {
		return nil, nil, bad("reply markup is too long")
	}
	if raw.Keyboard == nil {
		if !raw.Remove && !raw.Force {
			return nil, nil, nil
		}
		return nil, k, nil
	}
	for _, row := range *raw.Keyboard {
		keys := make([]Key, 0, len(row))
		for _, one := range row {
			key, refused := readKey(one, to)
			if refused != nil {
				return nil, nil, refused
			}
			keys = append(keys, key)
		}
		if len(keys) > 0 {
			k.Keys = append(k.Keys, keys)
		}
	}
	if len(k.Keys) == 0 {
		return nil, nil, nil
	}
	return nil, k, nil
}

func readKey(raw json.RawMessage, to *chat) (Key, *refusal) {
	var key Key
	if json.Unmarshal(raw, &key.Text) != nil && json.Unmarshal(raw, &key) != nil {
		return key, bad("can't parse keyboard button: KeyboardButton must be a String or an Object")
	}
	switch {
	case key.Text == "":
		return key, bad("keyboard button text must be non-empty")
	case key.Location && to.kind != privateChat:
		return key, bad("location can be requested in private chats only")
	case key.Contact && to.kind != privateChat:
		return key, bad("phone number can be requested in private chats only")
	}
	return key, nil
}

func inlineRows(raw [][]json.RawMessage, to *chat) ([][]Button, *refusal) {
	var rows [][]Button
	total := 0
	for _, row := range raw {
		buttons := make([]Button, 0, len(row))
		for _, one := range row {
			b, refused := readButton(one, to)
			if refused != nil {
				return nil, refused
			}
			buttons = append(buttons, b)
		}
		total += len(buttons)
		if len(buttons) > 0 {
			rows = append(rows, buttons)
		}
	}
	if total > maxButtons {
		return nil, bad("reply markup is too long")
	}
	return rows, nil
}

func readButton(raw json.RawMessage, to *chat) (Button, *refusal) {
	var b Button
	if json.Unmarshal(raw, &b) != nil {
		return b, bad("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
	}
	switch {
	case b.Text == "":
		return b, bad("keyboard button text must be non-empty")
	case len(b.Data) > maxData:
		return b, bad("BUTTON_DATA_INVALID")
	case b.WebApp != nil && to.kind != privateChat:
		return b, bad("BUTTON_TYPE_INVALID")
	case b.CopyText != nil && (b.CopyText.Text == "" || utf8.RuneCountInString(b.CopyText.Text) > 256):
		return b, bad("BUTTON_COPY_TEXT_INVALID")
	case b.URL != "":
		return b, checkURL(b.URL)
	case b.Data == "" && b.WebApp == nil && b.CopyText == nil && !otherAction(raw):
		return b, bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
	}
	return b, nil
}

// checkURL refuses what a button cannot open.
func checkURL(target string) *refusal {
	u, err := url.Parse(target)
	switch {
	case err != nil || u.Scheme == "" && !strings.Contains(target, "."):
		return bad("inline keyboard button URL '%s' is invalid: Wrong HTTP URL", target)
	case u.Scheme != "" && !slices.Contains([]string{"http", "https", "tg", "ton"}, u.Scheme):
		return bad("inline keyboard button URL '%s' is invalid: Unsupported URL protocol", target)
	}
	return nil
}

// otherAction reports whether a button does one of the things that are not modelled.
func otherAction(raw json.RawMessage) bool {
	var all map[string]json.RawMessage
	_ = json.Unmarshal(raw, &all)
	for _, name := range []string{
		"login_url", "switch_inline_query", "switch_inline_query_current_chat",
		"switch_inline_query_chosen_chat", "callback_game", "pay",
	} {
		if _, has := all[name]; has {
			return true
		}
	}
	return false
}
