package locale

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A sentence is a form of an entry, parsed once: runs of one style, each made of
// literal text and places for values.
type sentence struct{ runs []run }

// A run is a stretch of one style; url is where a Link leads.
type run struct {
	style Style
	parts []part
	url   []part
}

// A part is literal text, or the place of the value called name.
type part struct{ text, name string }

// names returns the names of the placeholders of s, each once, in order.
func (s *sentence) names() []string {
	var names []string
	for _, r := range s.runs {
		for _, p := range slices.Concat(r.parts, r.url) {
			if p.name != "" {
				names = append(names, p.name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// tokenKind says what a token of a source is.
type tokenKind int

const (
	literal     tokenKind = iota // characters that mean themselves
	marker                       // one of * _ ` [ ] ( )
	placeholder                  // text is the name
)

type token struct {
	kind tokenKind
	text string
}

var placeholderForm = regexp.MustCompile(`^\{\{\.([A-Z][A-Za-z0-9]*)\}\}`)

// special are the characters that may mean something else than themselves, and
// that a backslash makes literal.
const special = "*_`[](){}\\"

// lex splits source into tokens. It fails on a malformed placeholder, on "}}"
// without one, and on a backslash before a character that needs none.
func lex(source string) ([]token, error) {
	var tokens []token
	for source != "" {
		t, size := token{literal, source[:1]}, 1
		switch c := source[0]; {
		case strings.HasPrefix(source, "{{"):
			m := placeholderForm.FindStringSubmatch(source)
			if m == nil {
				return nil, fmt.Errorf("malformed placeholder")
			}
			t, size = token{placeholder, m[1]}, len(m[0])
		case strings.HasPrefix(source, "}}"):
			return nil, fmt.Errorf("}} without {{")
		case c == '\\':
			if len(source) < 2 || !strings.Contains(special, source[1:2]) {
				return nil, fmt.Errorf("backslash before nothing to escape")
			}
			t, size = token{literal, source[1:2]}, 2
		case strings.IndexByte("*_`[]()", c) >= 0:
			t.kind = marker
		default:
			if n := strings.IndexAny(source[1:], special); n >= 0 {
				size = 1 + n
			} else {
				size = len(source)
			}
			t.text = source[:size]
		}
		tokens = append(tokens, t)
		source = source[size:]
	}
	return tokens, nil
}

// compile parses the markup of source: *strong*, _emphasis_, `code`, [label](url)
// and {{.Name}}. It fails if a mark is not closed, holds nothing, or stands inside
// another; inside `code` only the closing mark and placeholders mean anything.
func compile(source string) (*sentence, error) {
	tokens, err := lex(source)
	if err != nil {
		return nil, err
	}
	b := &builder{}
	for len(tokens) > 0 {
		t := tokens[0]
		if t.kind == marker && t.text == "[" && b.open.style == Plain {
			if tokens, err = b.link(tokens); err != nil {
				return nil, err
			}
			continue
		}
		if err := b.take(t); err != nil {
			return nil, err
		}
		tokens = tokens[1:]
	}
	if b.open.style != Plain {
		return nil, fmt.Errorf("%s is not closed", b.open.style)
	}
	b.flush()
	return &b.done, nil
}

// A builder collects the runs of a sentence; open is the one being read.
type builder struct {
	done sentence
	open run
}

// styles are the marks that open and close a style.
var styles = map[string]Style{"*": Strong, "_": Emphasis, "`": Code}

// take adds one token: text to the open run, or a mark that opens or closes one.
func (b *builder) take(t token) error {
	style, isStyle := styles[t.text]
	switch {
	case t.kind != marker || t.text == "(" || t.text == ")":
		b.open.parts = t.appendTo(b.open.parts)
	case b.open.style == Code && style != Code:
		b.open.parts = t.appendTo(b.open.parts)
	case !isStyle:
		return fmt.Errorf("%s out of place", t.text)
	case b.open.style == Plain:
		b.flush()
		b.open.style = style
	case b.open.style != style:
		return fmt.Errorf("%s inside %s", style, b.open.style)
	case len(b.open.parts) == 0:
		return fmt.Errorf("%s holds nothing", style)
	default:
		b.flush()
	}
	return nil
}

// link adds the link that tokens begin with and returns the tokens after it.
func (b *builder) link(tokens []token) ([]token, error) {
	label, tokens, err := until(tokens[1:], "]")
	if err != nil {
		return nil, err
	}
	if len(tokens) == 0 || tokens[0] != (token{marker, "("}) {
		return nil, fmt.Errorf("link without address")
	}
	address, tokens, err := until(tokens[1:], ")")
	if err != nil {
		return nil, err
	}
	for _, p := range address {
		if strings.ContainsAny(p.text, " \t\r\n") {
			return nil, fmt.Errorf("space in the address of a link")
		}
	}
	b.flush()
	b.done.runs = append(b.done.runs, run{style: Link, parts: label, url: address})
	return tokens, nil
}

// until returns the parts before the mark end, and the tokens after it.
func until(tokens []token, end string) ([]part, []token, error) {
	var parts []part
	for i, t := range tokens {
		switch {
		case t == token{marker, end} && len(parts) > 0:
			return parts, tokens[i+1:], nil
		case t.kind == marker && t.text != "_": // an address may hold _
			return nil, nil, fmt.Errorf("%s out of place in a link", t.text)
		}
		parts = t.appendTo(parts)
	}
	return nil, nil, fmt.Errorf("link is not closed")
}

// appendTo adds t to parts, joined to the last one if both are text.
func (t token) appendTo(parts []part) []part {
	if t.kind == placeholder {
		return append(parts, part{name: t.text})
	}
	if n := len(parts) - 1; n >= 0 && parts[n].name == "" {
		parts[n].text += t.text
		return parts
	}
	return append(parts, part{text: t.text})
}

// flush ends the open run and opens a plain one.
func (b *builder) flush() {
	if len(b.open.parts) > 0 {
		b.done.runs = append(b.done.runs, b.open)
	}
	b.open = run{}
}
