package locale

import (
	"net/url"
	"strings"
	"unicode"
)

// A Style is how a span looks, in words that every platform has a form for.
type Style string

const (
	Plain    Style = ""
	Strong   Style = "strong"
	Emphasis Style = "em"
	Code     Style = "code" // to be typed or copied as it is
	Link     Style = "link" // Span.URL says where to
)

// A Span is a stretch of text in one style. The text is never markup: an adapter
// escapes it for its platform.
type Span struct {
	Text  string `json:"t,omitempty"`
	Style Style  `json:"s,omitempty"`
	URL   string `json:"u,omitempty"` // with Link only: http, https or mailto
}

// PlainText returns spans as a person reads them where there is no formatting: the
// address of a link follows its label in brackets, unless both are the same.
func PlainText(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
		if s.Style == Link && s.URL != s.Text && s.URL != "mailto:"+s.Text {
			b.WriteString(" (" + s.URL + ")")
		}
	}
	return b.String()
}

// A filling puts the values of one call into a sentence.
type filling struct {
	printer *Printer
	args    Args
	spans   []Span
}

// fill appends s to f.spans, with the values of f in its places.
func (f *filling) fill(s *sentence) {
	for _, r := range s.runs {
		style, address := r.style, ""
		if style == Link {
			if address = f.address(r.url); address == "" {
				style = Plain
			}
		}
		for _, part := range r.parts {
			for _, span := range f.value(part) {
				// What surrounds a value is stronger than what the value brings.
				if style != Plain {
					span.Style, span.URL = style, address
				}
				f.add(span)
			}
		}
	}
}

// value returns what stands in one part of a sentence.
func (f *filling) value(part part) []Span {
	if part.name == "" {
		return []Span{{Text: part.text}}
	}
	v := f.args[part.name]
	if v == nil {
		return []Span{{Text: "[" + part.name + "]"}}
	}
	return v.spans(f.printer)
}

// address returns the URL that parts make, or "" if it is none that a link may lead
// to: the label then stands as plain text.
func (f *filling) address(parts []part) string {
	var b strings.Builder
	for _, part := range parts {
		for _, span := range f.value(part) {
			b.WriteString(span.Text)
		}
	}
	address := harmless(b.String())
	u, err := url.Parse(address)
	if err != nil || strings.ContainsFunc(address, unicode.IsSpace) {
		return ""
	}
	switch {
	case (u.Scheme == "https" || u.Scheme == "http") && u.Host != "":
		return address
	case u.Scheme == "mailto" && u.Opaque != "":
		return address
	}
	return ""
}

// add appends one span, to the last one if both look the same.
func (f *filling) add(span Span) {
	if span.Text == "" {
		return
	}
	if n := len(f.spans) - 1; n >= 0 && f.spans[n].Style == span.Style && f.spans[n].URL == span.URL {
		f.spans[n].Text += span.Text
		return
	}
	f.spans = append(f.spans, span)
}
