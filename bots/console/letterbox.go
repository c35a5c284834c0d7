package console

import (
	"context"
	"io"
	"strings"

	"tocsin/core"
)

// A Letterbox shows letters instead of sending them, for a trial without a mail
// server. Whom a letter is for is not shown. Beside an Adapter, Out is its Screen.
type Letterbox struct {
	Out io.Writer
}

var _ core.Mailer = (*Letterbox)(nil)

// Post shows l in one write. It fails with Unavailable if nothing was written, with
// Uncertain if a part was.
func (b *Letterbox) Post(ctx context.Context, l *core.Letter) error {
	if err := ctx.Err(); err != nil {
		return core.Wrap(core.Unavailable, err, "console: show letter")
	}
	letter := framed(l)
	n, err := io.WriteString(b.Out, letter)
	switch {
	case err == nil:
		return nil
	case n == 0 && core.CodeOf(err) != core.Uncertain:
		return core.Wrap(core.Unavailable, err, "console: show letter")
	}
	return core.Wrap(core.Uncertain, err, "console: show letter")
}

// Check implements core.Mailer: a letter can always be shown.
func (b *Letterbox) Check(ctx context.Context) error {
	return core.Wrap(core.Unavailable, ctx.Err(), "console: check letterbox")
}

// framed returns a letter with a line drawn beside it. The right side is left open:
// how wide a character is only the terminal knows.
func framed(l *core.Letter) string {
	var b strings.Builder
	b.WriteString("┌─ ✉ " + oneLine(l.Subject) + "\n│\n")
	for text := range strings.SplitSeq(strings.TrimRight(printable(l.Text), "\n"), "\n") {
		b.WriteString(strings.TrimRight("│ "+text, " ") + "\n")
	}
	b.WriteString("└─\n\n")
	return b.String()
}
