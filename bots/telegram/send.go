package telegram

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"tocsin/core"
)

// A sent is what the server took (Message).
type sent struct {
	ID       int      `json:"message_id"` // 0 if it goes later
	Photo    []stored `json:"photo"`      // the same in several sizes, the largest last
	Document stored   `json:"document"`
}

type stored struct {
	ID string `json:"file_id"`
}

// file returns the name of the file in it, "" if there is none.
func (s *sent) file() string {
	if n := len(s.Photo); n > 0 {
		return s.Photo[n-1].ID
	}
	return s.Document.ID
}

// Send implements core.Adapter. A message goes in parts; what was taken of one that is
// not whole is remembered, so that a repeat under the same key goes on behind it.
func (a *Adapter) Send(ctx context.Context, d core.Delivery) (core.Receipt, error) {
	if d.To.Bot != a.Bot() {
		return nil, &core.Error{Code: core.Unreachable}
	}
	r, err := a.send(ctx, d)
	a.noteMove(d.To, err)
	return r, err
}

func (a *Adapter) send(ctx context.Context, d core.Delivery) (core.Receipt, error) {
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

func (a *Adapter) sendMessage(ctx context.Context, d core.Delivery, m *core.Message) (core.Receipt, error) {
	if err := check(m); err != nil {
		return nil, core.Wrap(core.Invalid, err, "telegram: send message")
	}
	all := pieces(d, m)
	if len(all) == 0 {
		return nil, core.Wrap(core.Invalid, errors.New("nothing to show"), "telegram: send message")
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
// text, since a mistake of ours must not silence a message; and a picture that is no
// photo to the server goes as a document.
func (a *Adapter) sendPiece(ctx context.Context, p piece) (core.ReceiptID, error) {
	m, err := a.deliver(ctx, p)
	if kindOf(err) == badPhoto {
		p = p.asDocument()
		m, err = a.deliver(ctx, p)
	}
	if kindOf(err) == badMarkup {
		a.Log.Error("telegram: the server refuses our HTML: sending plain text")
		m, err = a.deliver(ctx, p.plainly())
	}
	if err != nil {
		return "", err
	}
	return core.ReceiptID(strconv.Itoa(m.ID)), nil
}

func (a *Adapter) deliver(ctx context.Context, p piece) (*sent, error) {
	if p.file != nil {
		return a.sendFile(ctx, p)
	}
	var m sent
	err := a.client.call(ctx, p.method, p.params, &m)
	return &m, err
}

// edit replaces what a message shows. One that cannot be edited any more is sent anew,
// as is what an edit cannot hold: several parts, a place, a file, a reply keyboard.
func (a *Adapter) edit(ctx context.Context, d core.Delivery, e *core.Edit) (core.Receipt, error) {
	if err := check(e.Message); err != nil {
		return nil, core.Wrap(core.Invalid, err, "telegram: edit message")
	}
	all := pieces(d, e.Message)
	_, buttons := markup(d, e.Message).(*inlineKeyboard)
	if len(e.Parts) != 1 || len(all) != 1 || all[0].method != sendMessage || !buttons && all[0].params["reply_markup"] != "" {
		return a.replace(ctx, d, e)
	}
	p := piece{method: editMessageText, params: all[0].params}
	p.params.text("message_id", string(e.Parts[0]))
	delete(p.params, "message_thread_id")
	delete(p.params, "disable_notification")
	_, err := a.deliver(ctx, p)
	if kindOf(err) == badMarkup {
		a.Log.Error("telegram: the server refuses our HTML: editing to plain text")
		_, err = a.deliver(ctx, p.plainly())
	}
	switch kindOf(err) {
	case "", notModified:
		return e.Parts, nil
	case messageGone, messageFixed:
		return a.sendMessage(ctx, d, e.Message)
	case messageOther:
		return a.replace(ctx, d, e)
	}
	return nil, asError(err, "telegram: edit message")
}

// replace takes a message back, and sends it anew.
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
