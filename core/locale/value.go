package locale

import (
	"strconv"
	"strings"
	"unicode"
)

// A Value is what stands in the place of a placeholder. It is never read as markup.
type Value interface {
	// spans returns the value in the language of p.
	spans(p *Printer) []Span
}

// Args are the values of a sentence by the names of its placeholders: "Town" for
// {{.Town}}. The Count called "N" chooses the plural form.
type Args map[string]Value

// plain returns text as one plain span.
func plain(text string) []Span { return []Span{{Text: text}} }

// Raw is text that is ours or public, said as it is: a code, an address of the web,
// the name of a town. What a person wrote is a User.
type Raw string

func (v Raw) spans(*Printer) []Span { return plain(string(v)) }

// User is what a person wrote, on one line: a name, a title. It stands between
// U+2068 and U+2069, so that its direction of writing ends with it (UAX 9); direction
// controls and control characters in it are left out, a line break becomes a space.
type User string

func (v User) spans(*Printer) []Span {
	return plain(isolate(strings.Join(strings.Fields(harmless(string(v))), " ")))
}

// UserLines is what a person wrote, on several lines, each treated as a User: a
// description. Line breaks are kept, spaces at the end of a line are not.
type UserLines string

func (v UserLines) spans(*Printer) []Span {
	lines := strings.Split(harmless(string(v)), "\n")
	for i, line := range lines {
		lines[i] = isolate(strings.TrimRightFunc(line, unicode.IsSpace))
	}
	return plain(strings.Join(lines, "\n"))
}

// The characters that isolate a text of unknown direction (UAX 9).
const (
	firstStrongIsolate    = "\u2068"
	popDirectionalIsolate = "\u2069"
)

// isolate puts text between isolating characters; empty text stays empty.
func isolate(text string) string {
	if text == "" {
		return ""
	}
	return firstStrongIsolate + text + popDirectionalIsolate
}

// lineBreaks become "\n" in what a person wrote.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n",
	"\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// harmless returns text as valid UTF-8 without direction and control characters,
// its line breaks and tabs apart.
func harmless(text string) string {
	text = lineBreaks.Replace(strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r) || r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, text)
}

// Count is a whole number, its thousands grouped as the language does: "12 345".
type Count int

func (v Count) spans(p *Printer) []Span {
	digits := strconv.Itoa(int(v))
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	group := p.Text("number.group", nil)
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(group)
		}
		b.WriteRune(digit)
	}
	return plain(sign + b.String())
}

// A Phrase is another entry, filled with its own Args: it has its own plural, so a
// sentence may hold two counts.
type Phrase struct {
	Key  Key
	Args Args
}

func (v Phrase) spans(p *Printer) []Span { return p.Spans(v.Key, v.Args) }

// Text is the entry key as a value: the name of a kind, of a role.
func Text(key Key) Phrase { return Phrase{Key: key} }

// List is several values in a row, parted as the language does: "a, b et c".
type List []Value

func (v List) spans(p *Printer) []Span {
	if len(v) == 0 {
		return nil
	}
	joined := ready(v[0].spans(p))
	for i, next := range v[1:] {
		key := Key("list.middle")
		switch {
		case len(v) == 2:
			key = "list.pair"
		case i == len(v)-2:
			key = "list.end"
		}
		joined = p.Spans(key, Args{"A": joined, "B": next})
	}
	return joined
}

// ready is a value that is said already.
type ready []Span

func (v ready) spans(*Printer) []Span { return v }
