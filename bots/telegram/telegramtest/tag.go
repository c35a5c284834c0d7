package telegramtest

import "strings"

// start reads a start tag.
func (m *markup) start() *refusal {
	begin := m.at
	m.at++
	name := strings.ToLower(m.name(">"))
	if m.at >= len(m.in) {
		return unparsed("Unclosed start tag at byte offset %d", begin)
	}
	if tags[name] == "" {
		return unparsed("Unsupported start tag \"%s\" at byte offset %d", name, begin)
	}
	e := element{name: name, attributes: map[string]string{}, offset: m.units, start: m.out.Len()}
	for m.peek(0) != '>' {
		m.skip()
		if m.peek(0) == '>' {
			break
		}
		if refused := m.attribute(&e, begin); refused != nil {
			return refused
		}
	}
	m.at++
	if name == "span" && e.attributes["class"] != "tg-spoiler" {
		return unparsed("Tag \"span\" must have class \"tg-spoiler\" at byte offset %d", begin)
	}
	m.open = append(m.open, e)
	return nil
}

// attribute reads name="value" within the start tag that begins at begin.
func (m *markup) attribute(e *element, begin int) *refusal {
	name := m.name("=>")
	if name == "" {
		return unparsed("Empty attribute name in the tag \"%s\" at byte offset %d", e.name, begin)
	}
	m.skip()
	if m.peek(0) != '=' {
		if e.name == "blockquote" && name == "expandable" && m.at < len(m.in) {
			e.attributes[name] = name
			return nil
		}
		return unparsed("Expected equal sign in declaration of an attribute of the tag \"%s\" at byte offset %d", e.name, begin)
	}
	m.at++
	m.skip()
	if m.at >= len(m.in) {
		return unparsed("Unclosed start tag \"%s\" at byte offset %d", e.name, begin)
	}
	value, refused := m.value()
	if refused != nil {
		return refused
	}
	if m.at >= len(m.in) {
		return unparsed("Unclosed start tag at byte offset %d", begin)
	}
	e.attributes[name] = value
	return nil
}

// value reads the value of an attribute: a word, or a text in quotes.
func (m *markup) value() (string, *refusal) {
	quote := m.peek(0)
	if quote != '"' && quote != '\'' {
		from := m.at
		for c := m.peek(0); c == '.' || c == '-' || alphanumeric(c); c = m.peek(0) {
			m.at++
		}
		if !blank(m.peek(0)) && m.peek(0) != '>' {
			return "", unparsed("Unexpected end of name token at byte offset %d", from)
		}
		return strings.ToLower(m.in[from:m.at]), nil
	}
	m.at++
	var value strings.Builder
	for m.at < len(m.in) && m.in[m.at] != quote {
		if r, next := reference(m.in, m.at); next > m.at {
			value.WriteRune(r)
			m.at = next
			continue
		}
		value.WriteByte(m.in[m.at])
		m.at++
	}
	m.at++
	return value.String(), nil
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
