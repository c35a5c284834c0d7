package telegram

import (
	"context"
	"fmt"
	"strconv"

	"tocsin/core"
)

// A sent is what the server took (Message).
type sent struct {
	ID int `json:"message_id"`
}

// Send implements core.Adapter. A message goes in parts; what was taken of one that is
// not whole is remembered, so that a repeat under the same key goes on behind it.
func (a *Adapter) Send(ctx context.Context, d core.Delivery) (core.Receipt, error) {
	if d.To.Bot != a.Bot() {
		return nil, &core.Error{Code: core.Unreachable}
	}
	switch c := d.Content.(type) {
	case *core.Message:
		return a.sendMessage(ctx, d, c)
	case *core.Edit:
		return a.edit(ctx, d, c)
	case *core.Redact:
		return nil, a.redact(ctx, d, c)
	}
	return nil, core.Wrap(core.Invalid, fmt.Errorf("content %T", d.Content), "telegram: send")
}

// A piece is one call that a message is made of.
type piece struct {
	method method
	params params
	file   *upload
}

// pieces returns the calls of a message: its text in parts, the last one with the
// buttons, then the place, then the file.
func pieces(d core.Delivery, m *core.Message) []piece {
	var out []piece
	parts := split(m.Body, maxText)
	for i, part := range parts {
		if plainText(part) == "" {
			continue
		}
		p := addressed(d)
		p.text("text", htmlOf(part))
		p.text("parse_mode", "HTML")
		p.text("link_preview_options", `{"is_disabled":true}`)
		if i == len(parts)-1 {
			putMarkup(p, m)
		}
		out = append(out, piece{method: sendMessage, params: p})
	}
	if m.Pin != nil {
		out = append(out, venue(d, m.Pin))
	}
	if m.File != nil {
		out = append(out, piece{method: sendDocument, params: addressed(d), file: &upload{
			field: "document", name: m.File.Name, bytes: m.File.Data,
		}})
	}
	return out
}

// addressed returns the parameters that say where to.
func addressed(d core.Delivery) params {
	p := params{}
	p.text("chat_id", d.To.Chat)
	if d.To.Thread != "" {
		p.text("message_thread_id", d.To.Thread)
	}
	if d.Lane == core.Bulk {
		p.bool("disable_notification", true)
	}
	return p
}

// putMarkup puts what is below the text. A reply keyboard, which asks for a position,
// holds the other choices too: a message has one of the two kinds. Their labels are then
// written, as everywhere.
func putMarkup(p params, m *core.Message) {
	switch {
	case m.AskHere:
		p.json("reply_markup", asking(m))
	case len(m.Buttons) > 0:
		p.json("reply_markup", inline(m.Menu, m.Buttons))
	case m.Unask:
		p.json("reply_markup", removeKeyboard{Remove: true})
	}
}

// venue shows a public place on a map.
func venue(d core.Delivery, pin *core.Pin) piece {
	p := addressed(d)
	p.float("latitude", pin.Point.Lat)
	p.float("longitude", pin.Point.Lon)
	p.text("title", pin.Title)
	p.text("address", pin.Title)
	return piece{method: sendVenue, params: p}
}

func (a *Adapter) sendMessage(ctx context.Context, d core.Delivery, m *core.Message) (core.Receipt, error) {
	all := pieces(d, m)
	if len(all) == 0 {
		return nil, core.Wrap(core.Invalid, fmt.Errorf("nothing to show"), "telegram: send message")
	}
	receipt := a.taken(d.Key)
	for _, p := range all[min(len(receipt), len(all)):] {
		id, err := a.sendPiece(ctx, p)
		if err != nil {
			a.remember(d.Key, receipt)
			return nil, asError(err, "telegram: send message")
		}
		receipt = append(receipt, id)
	}
	a.forget(d.Key)
	return receipt, nil
}

// sendPiece makes one call. HTML that the server cannot read goes once more as plain
// text: a mistake of ours must not silence a message.
func (a *Adapter) sendPiece(ctx context.Context, p piece) (core.ReceiptID, error) {
	var m sent
	var err error
	if p.file != nil {
		err = a.client.upload(ctx, p.method, p.params, *p.file, &m)
	} else {
		err = a.client.call(ctx, p.method, p.params, &m)
	}
	if kindOf(err) == badMarkup {
		a.Log.Error("telegram: the server refuses our HTML: sending plain text")
		p.params.text("text", withoutTags(p.params["text"]))
		delete(p.params, "parse_mode")
		err = a.client.call(ctx, p.method, p.params, &m)
	}
	return core.ReceiptID(strconv.Itoa(m.ID)), err
}

// edit replaces what a message shows. One that cannot be edited any more is sent anew.
func (a *Adapter) edit(ctx context.Context, d core.Delivery, e *core.Edit) (core.Receipt, error) {
	parts := split(e.Message.Body, maxText)
	if len(e.Parts) == 0 || len(parts) > 1 || e.Message.Pin != nil || e.Message.File != nil || len(e.Parts) > 1 {
		return a.replace(ctx, d, e)
	}
	p := params{}
	p.text("chat_id", d.To.Chat)
	p.text("message_id", string(e.Parts[0]))
	p.text("text", htmlOf(parts[0]))
	p.text("parse_mode", "HTML")
	p.text("link_preview_options", `{"is_disabled":true}`)
	putMarkup(p, e.Message)
	err := a.client.call(ctx, editMessageText, p, nil)
	switch kindOf(err) {
	case "", notModified:
		return e.Parts, nil
	case messageGone, messageFixed:
		return a.sendMessage(ctx, d, e.Message)
	}
	return nil, asError(err, "telegram: edit message")
}

// replace takes a message of several parts back, and sends it anew.
func (a *Adapter) replace(ctx context.Context, d core.Delivery, e *core.Edit) (core.Receipt, error) {
	if len(a.taken(d.Key)) == 0 {
		if err := a.redact(ctx, d, &core.Redact{Parts: e.Parts}); err != nil && core.CodeOf(err) != core.Invalid {
			return nil, err
		}
	}
	return a.sendMessage(ctx, d, e.Message)
}

// redact takes the parts of a message back. The server refuses that after 48 hours.
func (a *Adapter) redact(ctx context.Context, d core.Delivery, r *core.Redact) error {
	refused := error(nil)
	for _, part := range r.Parts {
		p := params{}
		p.text("chat_id", d.To.Chat)
		p.text("message_id", string(part))
		switch err := a.client.call(ctx, deleteMessage, p, nil); kindOf(err) {
		case "", messageGone:
		case messageFixed:
			refused = core.Wrap(core.Invalid, err, "telegram: delete message")
		default:
			return asError(err, "telegram: delete message")
		}
	}
	return refused
}

// taken returns the parts that were taken of a message that is not whole.
func (a *Adapter) taken(k core.SendKey) core.Receipt {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.begun[k]
}

// mostBegun bounds how many messages that are not whole are remembered.
const mostBegun = 1000

func (a *Adapter) remember(k core.SendKey, r core.Receipt) {
	if len(r) == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.begun) >= mostBegun {
		clear(a.begun)
	}
	a.begun[k] = r
}

func (a *Adapter) forget(k core.SendKey) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.begun, k)
}
