package console

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"tocsin/core"
	"tocsin/core/locale"
)

// Send shows a message. It fails with Unreachable if d is for a chat that this
// terminal is not, Invalid if d is no message, Unavailable if nothing was written: a
// reader that is gone may be there again when the program is; Uncertain if a part was.
func (a *Adapter) Send(ctx context.Context, d core.Delivery) (core.Receipt, error) {
	m, ok := d.Content.(*core.Message)
	if !ok {
		return nil, core.Wrap(core.Invalid, fmt.Errorf("content %T", d.Content), "console: show message")
	}
	to := chatName(d.To.Chat)
	if d.To.Bot != a.ID || !a.Numbered && to != a.chat() || !to.valid() {
		return nil, &core.Error{Code: core.Unreachable}
	}
	if err := ctx.Err(); err != nil {
		return nil, core.Wrap(core.Unavailable, err, "console: show message")
	}
	saved, err := a.save(m.File)
	if err != nil {
		return nil, core.Wrap(core.Unavailable, err, "console: save file")
	}
	piece, err := a.piece(d, m, saved)
	if err != nil {
		return nil, core.Wrap(core.Invalid, err, "console: format message")
	}
	if err := a.screen.write(ctx, a.Out, piece); err != nil {
		return nil, err
	}
	return core.Receipt{core.ReceiptID(d.Key)}, nil
}

// piece returns what is written to show m; saved is the path of its file, if any.
func (a *Adapter) piece(d core.Delivery, m *core.Message, saved string) (string, error) {
	look := plainLook
	if a.styled() {
		look = ansiLook
	}
	var paragraphs []string
	if body := look.body(m.Body); body != "" {
		paragraphs = append(paragraphs, body)
	}
	if m.Pin != nil {
		paragraphs = append(paragraphs, pinLine(m.Pin))
	}
	if m.File != nil {
		paragraphs = append(paragraphs, fileLine(m.File, saved))
	}
	text := strings.Join(paragraphs, "\n")
	if a.Numbered {
		return keyed(d, a.chat(), text)
	}
	if a.styled() {
		text = withoutIsolates.Replace(text)
	}
	return text + "\n\n", nil
}

// withoutIsolates leaves out what keeps the words of people apart from our sentence
// (Unicode, UAX 9): terminals do not know it, and show boxes.
var withoutIsolates = strings.NewReplacer("\u2066", "", "\u2067", "", "\u2068", "", "\u2069", "")

// A look is how styles are shown: what is written before and after.
type look map[locale.Style][2]string

// The looks. Only what every terminal knows is used (ECMA-48, 8.3.117): bold for what
// is strong or to be copied, underlining for emphasis.
var (
	plainLook = look{}
	ansiLook  = look{
		locale.Strong:   {"\x1b[1m", "\x1b[22m"},
		locale.Code:     {"\x1b[1m", "\x1b[22m"},
		locale.Emphasis: {"\x1b[4m", "\x1b[24m"},
	}
)

// body returns spans as they are written.
func (l look) body(spans []core.Span) string {
	var b strings.Builder
	for _, s := range spans {
		around := l[s.Style]
		b.WriteString(around[0] + printable(locale.PlainText([]core.Span{s})) + around[1])
	}
	return b.String()
}

// printable returns text without the characters that would move the cursor, ring the
// bell or change the terminal: only the ends of lines and tabs are left.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// oneLine returns text without ends of lines.
func oneLine(text string) string {
	return strings.Join(strings.Fields(printable(text)), " ")
}

// pinLine names a public place and says where it is, as a geo: URI (RFC 5870).
func pinLine(p *core.Pin) string {
	at := "geo:" + degrees(p.Point.Lat) + "," + degrees(p.Point.Lon)
	if title := oneLine(p.Title); title != "" {
		return title + " " + at
	}
	return at
}

// degrees writes an angle to about a tenth of a metre.
func degrees(v float64) string {
	const digits = 6
	s := strings.TrimRight(strconv.FormatFloat(v, 'f', digits, 64), "0")
	if s = strings.TrimSuffix(s, "."); s == "-0" {
		return "0"
	}
	return s
}

// fileLine names a file, its size and, if it was saved, where.
func fileLine(f *core.Attachment, saved string) string {
	line := "[file " + oneLine(f.Name) + ", " + decimal(len(f.Data)) + " bytes"
	if saved != "" {
		line += ": " + saved
	}
	return line + "]"
}

func decimal(n int) string { return strconv.Itoa(n) }
