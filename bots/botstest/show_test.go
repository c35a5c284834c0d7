package botstest_test

import (
	"fmt"
	"strings"
	"time"

	"tocsin/bots/botstest"
	"tocsin/core"
)

// show does what d asks, and returns the names of the messages that show it.
func (a *adapter) show(d core.Delivery) core.Receipt {
	switch c := d.Content.(type) {
	case *core.Message:
		return a.post(d.To.Chat, c)
	case *core.Edit:
		return a.edit(d.To.Chat, c)
	case *core.Redact:
		a.redact(d.To.Chat, c.Parts)
	}
	return nil
}

// post shows a message, in as many parts as it needs.
func (a *adapter) post(chat string, m *core.Message) core.Receipt {
	var receipt core.Receipt
	parts := a.parts(m)
	for _, part := range parts {
		if a.broken == interleaves {
			time.Sleep(time.Millisecond)
		}
		a.mu.Lock()
		a.count++
		part.id = core.ReceiptID(fmt.Sprint("m", a.count))
		if a.broken == newestFirst {
			a.shown[chat] = append([]*message{part}, a.shown[chat]...)
		} else {
			a.shown[chat] = append(a.shown[chat], part)
		}
		a.mu.Unlock()
		if a.broken != shortReceipt || len(receipt) == 0 {
			receipt = append(receipt, part.id)
		}
	}
	return receipt
}

// parts returns what m looks like.
func (a *adapter) parts(m *core.Message) []*message {
	var parts []*message
	for _, body := range split(m.Body) {
		part := &message{}
		for _, s := range body {
			part.Text += a.escaped(s.Text)
			if s.Style != "" && a.broken != noStyles {
				part.Styled = append(part.Styled, s)
			}
		}
		part.Text = strings.TrimSpace(part.Text)
		parts = append(parts, part)
	}
	if a.broken == cutsLongText {
		parts = parts[:1]
	}
	if a.broken == interleaves && len(parts) == 1 {
		text := parts[0].Text
		parts[0].Text, parts = text[:len(text)/2], append(parts, &message{Shown: botstest.Shown{Text: text[len(text)/2:]}})
	}
	last := parts[len(parts)-1]
	last.menu = m.Menu
	for _, b := range m.Buttons {
		last.Buttons = append(last.Buttons, b.Label)
	}
	if a.broken != noPin {
		last.Pin = m.Pin
	}
	if m.File != nil && a.broken != noFile {
		last.File = &botstest.File{Name: m.File.Name, Bytes: m.File.Data}
		if a.broken == cutsFile {
			last.File.Bytes = m.File.Data[:1000]
		}
	}
	return parts
}

// edit replaces the parts of an earlier message, and posts or takes back what the
// new text has more or less.
func (a *adapter) edit(chat string, e *core.Edit) core.Receipt {
	parts := a.parts(e.Message)
	if a.broken == postsEdits {
		return a.post(chat, e.Message)
	}
	var receipt core.Receipt
	for i, part := range parts {
		if i == len(e.Parts) {
			rest := *e.Message
			rest.Body = nil
			for _, p := range parts[i:] {
				rest.Body = append(rest.Body, core.Span{Text: p.Text + " "})
			}
			return append(receipt, a.post(chat, &rest)...)
		}
		a.mu.Lock()
		if m := a.find(chat, e.Parts[i]); m != nil {
			part.id, part.Edited = m.id, true
			*m = *part
			receipt = append(receipt, m.id)
		}
		a.mu.Unlock()
	}
	if a.broken != leavesOldParts {
		a.redact(chat, e.Parts[len(parts):])
	}
	return receipt
}

// redact takes messages back.
func (a *adapter) redact(chat string, parts core.Receipt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, id := range parts {
		if m := a.find(chat, id); m != nil && a.broken != keepsRedacted {
			m.Shown = botstest.Shown{Redacted: true}
		}
	}
}
