package intake

import "strings"

// A quoteState says how the quotes of a record are, as a reason to refuse it.
type quoteState string

const (
	quoteClosed  quoteState = ""
	quoteOpen    quoteState = "a quote that is not closed"
	quoteStray   quoteState = "a quote inside a quoted cell that is not doubled"
	tooManyCells quoteState = "more cells than the header"
)

// split puts the cells of a record into those of its columns, and reports whether any
// cell of the record holds anything.
func (t *table) split(text string) (filled bool, _ quoteState) {
	clear(t.cells)
	for i, more := 0, true; more; i++ {
		var value string
		var state quoteState
		value, text, more, state = cut(text, t.comma)
		if state != quoteClosed {
			return false, state
		}
		if value == "" {
			continue
		}
		filled = true
		if i >= len(t.header) {
			return false, tooManyCells
		}
		if c := t.header[i]; c != unknown {
			t.cells[c] = value
		}
	}
	return filled, quoteClosed
}

// split returns the cells of a record.
func split(text string, comma byte) (cells []string, _ quoteState) {
	for more := true; more; {
		var value string
		var state quoteState
		value, text, more, state = cut(text, comma)
		if state != quoteClosed {
			return nil, state
		}
		cells = append(cells, value)
	}
	return cells, quoteClosed
}

// cut returns the first cell of a record without space around it, what follows its
// comma, and whether it has one. A quote within a cell that does not begin with one
// is a sign like any other.
func cut(text string, comma byte) (value, rest string, more bool, _ quoteState) {
	end := strings.IndexByte(text, comma)
	if end < 0 {
		end = len(text)
	}
	value = strings.TrimSpace(text[:end])
	if strings.HasPrefix(value, `"`) {
		return cutQuoted(text[strings.IndexByte(text, '"')+1:], comma)
	}
	if end == len(text) {
		return value, "", false, quoteClosed
	}
	return value, text[end+1:], true, quoteClosed
}

// cutQuoted is cut for a cell in quotes; text begins after the first.
func cutQuoted(text string, comma byte) (value, rest string, more bool, _ quoteState) {
	end, doubled := 0, false
	for {
		n := strings.IndexByte(text[end:], '"')
		if n < 0 {
			return "", "", false, quoteOpen
		}
		end += n
		if !strings.HasPrefix(text[end+1:], `"`) {
			break
		}
		end, doubled = end+2, true
	}
	value = text[:end]
	if doubled {
		value = strings.ReplaceAll(value, `""`, `"`)
	}
	value = strings.TrimSpace(value)
	rest, more = text[end+1:], false
	for len(rest) > 0 && !more {
		switch {
		case rest[0] == comma:
			more = true
		case rest[0] != ' ' && rest[0] != '\t':
			return "", "", false, quoteStray
		}
		rest = rest[1:]
	}
	return value, rest, more, quoteClosed
}
