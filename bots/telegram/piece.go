package telegram

import (
	"fmt"
	"mime"
	"slices"

	"tocsin/core"
	"tocsin/core/locale"
)

// Limits of what a message is made of (Bot API, sendMessage, sendPhoto and
// InlineKeyboardButton).
const (
	maxCaption = 1024     // UTF-16 units, below a photo
	maxPhoto   = 10 << 20 // bytes; larger ones go as documents
	maxData    = 64       // bytes behind a button
)

// A piece is one call that a message is made of.
type piece struct {
	method method
	params params
	file   *upload // nil: none
}

// pieces returns the calls of a message: its text in parts, the last one with the
// buttons, then the place, then the file. A picture has the text below it, or stands
// above one that is too long for that.
func pieces(d core.Delivery, m *core.Message) []piece {
	var out []piece
	body := clean(m.Body)
	picture := pictured(m.File)
	switch {
	case picture && locale.Units(body) <= maxCaption && len(htmlOf(body)) <= maxRaw:
		out = append(out, written(d, m, photo(d, m.File), body))
		body = nil
	case picture:
		out = append(out, photo(d, m.File))
	}
	parts := split(body, maxText)
	for i, part := range parts {
		if locale.Blank(part) {
			continue
		}
		p := piece{method: sendMessage, params: addressed(d)}
		p.params.text("link_preview_options", `{"is_disabled":true}`)
		if i == len(parts)-1 {
			out = append(out, written(d, m, p, part))
		} else {
			out = append(out, written(d, nil, p, part))
		}
	}
	if m.Pin != nil {
		out = append(out, place(d, m.Pin))
	}
	if m.File != nil && !picture {
		out = append(out, attached(d, m.File, sendDocument, "document"))
	}
	return out
}

// written puts a text into a piece and, unless m is nil, what m has below it.
func written(d core.Delivery, m *core.Message, p piece, spans []core.Span) piece {
	field := "text"
	if p.file != nil {
		field = "caption"
	}
	if !locale.Blank(spans) {
		p.params.text(field, htmlOf(spans))
		p.params.text("parse_mode", "HTML")
	}
	if m != nil {
		if k := markup(d, m); k != nil {
			p.params.json("reply_markup", k)
		}
	}
	return p
}

// addressed returns the parameters that say where to, and whether it makes a sound:
// only what somebody waits for does.
func addressed(d core.Delivery) params {
	p := params{}
	p.text("chat_id", d.To.Chat)
	if d.To.Thread != "" {
		p.text("message_thread_id", d.To.Thread)
	}
	if d.Lane == core.Notice || d.Lane == core.Bulk {
		p.bool("disable_notification", true)
	}
	if d.Paid {
		p.bool("allow_paid_broadcast", true)
	}
	return p
}

// place shows a public place on a map, with its name if it has one.
func place(d core.Delivery, pin *core.Pin) piece {
	p := addressed(d)
	p.float("latitude", pin.Point.Lat)
	p.float("longitude", pin.Point.Lon)
	if pin.Title == "" {
		return piece{method: sendLocation, params: p}
	}
	p.text("title", pin.Title)
	p.text("address", pin.Title)
	return piece{method: sendVenue, params: p}
}

// pictured reports whether a file is shown as a photo. A GIF would stand still.
func pictured(f *core.Attachment) bool {
	if f == nil || len(f.Data) > maxPhoto {
		return false
	}
	kind, _, err := mime.ParseMediaType(f.MIME)
	return err == nil && slices.Contains([]string{"image/jpeg", "image/png"}, kind)
}

func photo(d core.Delivery, f *core.Attachment) piece { return attached(d, f, sendPhoto, "photo") }

func attached(d core.Delivery, f *core.Attachment, m method, field string) piece {
	return piece{method: m, params: addressed(d), file: &upload{field: field, name: f.Name, bytes: f.Data}}
}

// asDocument returns the piece of a photo that goes as a document.
func (p piece) asDocument() piece {
	file := *p.file
	file.field = "document"
	return piece{method: sendDocument, params: p.params, file: &file}
}

// plainly returns the piece with its text as it is.
func (p piece) plainly() piece {
	for _, field := range []string{"text", "caption"} {
		if text, ok := p.params[field]; ok {
			p.params.text(field, withoutTags(text))
		}
	}
	delete(p.params, "parse_mode")
	return p
}

// check fails with Invalid if the server would refuse m for what only we can mend.
func check(m *core.Message) error {
	for i, b := range m.Buttons {
		switch {
		case len(data(m.Menu, i+1)) > maxData:
			return fmt.Errorf("button %d carries more than %d bytes", i+1, maxData)
		case b.Label == "":
			return fmt.Errorf("button %d has no label", i+1)
		}
	}
	return nil
}
