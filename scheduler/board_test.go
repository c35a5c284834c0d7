package scheduler_test

import (
	"context"

	"tocsin/core"
)

// A board shows what was sent to it until it is taken away.
type board struct {
	*platform
	shown map[core.ReceiptID]string
}

func (b *board) Send(ctx context.Context, d core.Delivery) (core.Receipt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id := core.ReceiptID(d.Key)
	switch c := d.Content.(type) {
	case *core.Message:
		b.shown[id] = c.PlainText()
		return core.Receipt{id}, nil
	case *core.Edit:
		b.shown[c.Parts[0]] = c.Message.PlainText()
		return c.Parts, nil
	case *core.Redact:
		delete(b.shown, c.Parts[0])
	}
	return nil, nil
}
