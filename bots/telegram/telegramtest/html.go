package telegramtest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An Entity is a stretch of a text with a meaning. Offset and Length count UTF-16
// units.
type Entity struct {
	Type     string `json:"type"`
	Offset   int    `json:"offset"`
	Length   int    `json:"length"`
	URL      string `json:"url,omitempty"`
	User     *Peer  `json:"user,omitempty"`
	Language string `json:"language,omitempty"`
	Emoji    string `json:"custom_emoji_id,omitempty"`
	Unix     int64  `json:"unix_time,omitempty"`
	Format   string `json:"date_time_format,omitempty"`
}

// A Peer is the user whom a text_mention names.
type Peer struct {
	ID int64 `json:"id"`
}

// tags says which entity a tag makes. For a and span and pre it depends.
var tags = map[string]string{
	"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
	"s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler",
	"a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote", "tg-emoji": "custom_emoji",
	"tg-time": "date_time",
}

// A markup reads the HTML that messages are written in.
type markup struct {
	in       string
	at       int // in bytes
	out      strings.Builder
	units    int // of out, in UTF-16
	open     []element
	entities []Entity
	broken   bool // a reference named half of a surrogate pair
}

// An element is a tag that was opened.
type element struct {
	name       string
	attributes map[string]string
	offset     int // in units
	start      int // in bytes of out
}

// parseHTML returns the text of in and its entities, in order. Its refusals are
// those of the real server, with offsets in bytes of in.
func parseHTML(in string) (string, []Entity, *refusal) {
	m := &markup{in: in}
	for m.at < len(in) {
		if refused := m.step(); refused != nil {
			return "", nil, refused
		}
	}
	if n := len(m.open); n > 0 {
		return "", nil, unparsed("Can't find end tag corresponding to start tag \"%s\"", m.open[n-1].name)
	}
	if m.broken {
		return "", nil, unparsed("Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units")
	}
	for i, e := range m.entities {
		if e.Type == "code" {
			m.entities[i].Language = ""
		}
	}
	return m.out.String(), ordered(m.entities), nil
}

func unparsed(format string, args ...any) *refusal {
	return bad("can't parse entities: "+format, args...)
}

// ordered sorts entities by place, the longer first, and drops those that say the
// same of the same stretch.
func ordered(all []Entity) []Entity {
	slices.SortStableFunc(all, func(a, b Entity) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(b.Length, a.Length))
	})
	return slices.CompactFunc(all, func(a, b Entity) bool {
		return a.Type == b.Type && a.Offset == b.Offset && a.Length == b.Length
	})
}

// step reads one character, reference or tag.
func (m *markup) step() *refusal {
	switch m.in[m.at] {
	case '<':
		if m.peek(1) == '/' {
			return m.end()
		}
		return m.start()
	case '&':
		if r, next := reference(m.in, m.at); next > m.at {
			m.broken = m.broken || !utf8.ValidRune(r)
			m.put(r)
			m.at = next
			return nil
		}
	}
	r, size := utf8.DecodeRuneInString(m.in[m.at:])
	m.put(r)
	m.at += size
	return nil
}

func (m *markup) put(r rune) {
	m.out.WriteRune(r)
	m.units += units(r)
}

// units returns how many UTF-16 units r takes.
func units(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

// peek returns the byte n after the place, 0 past the end.
func (m *markup) peek(n int) byte {
	if m.at+n < len(m.in) {
		return m.in[m.at+n]
	}
	return 0
}

// blank reports whether b ends a name; the end of the text does.
func blank(b byte) bool { return b == 0 || strings.IndexByte(" \t\r\n\v", b) >= 0 }

// skip passes over white space.
func (m *markup) skip() {
	for m.at < len(m.in) && blank(m.peek(0)) {
		m.at++
	}
}

// name reads to white space or one of the bytes in ends.
func (m *markup) name(ends string) string {
	from := m.at
	for !blank(m.peek(0)) && strings.IndexByte(ends, m.peek(0)) < 0 {
		m.at++
	}
	return m.in[from:m.at]
}

// end reads an end tag and makes the entity of its element.
func (m *markup) end() *refusal {
	begin := m.at
	if len(m.open) == 0 {
		return unparsed("Unexpected end tag at byte offset %d", begin)
	}
	m.at += 2
	name := strings.ToLower(m.name(">"))
	m.skip()
	if m.peek(0) != '>' {
		return unparsed("Unclosed end tag at byte offset %d", begin)
	}
	m.at++
	e := m.open[len(m.open)-1]
	if name != "" && name != e.name {
		return unparsed("Unmatched end tag at byte offset %d, expected \"</%s>\", found \"</%s>\"", begin, e.name, name)
	}
	m.open = m.open[:len(m.open)-1]
	if m.units == e.offset {
		return nil
	}
	return m.add(e)
}

// add makes the entity of an element that has text in it.
func (m *markup) add(e element) *refusal {
	entity := Entity{Type: tags[e.name], Offset: e.offset, Length: m.units - e.offset}
	switch e.name {
	case "a":
		target := e.attributes["href"]
		if target == "" {
			target = m.out.String()[e.start:]
		}
		if !link(&entity, target) {
			return nil
		}
	case "blockquote":
		if e.attributes["expandable"] != "" {
			entity.Type = "expandable_blockquote"
		}
	case "tg-emoji":
		entity.Emoji = e.attributes["emoji-id"]
		if n, err := strconv.ParseInt(entity.Emoji, 10, 64); err != nil || n == 0 {
			return unparsed("Invalid custom emoji identifier specified")
		}
	case "tg-time":
		unix, err := strconv.ParseInt(e.attributes["unix"], 10, 64)
		if err != nil {
			return unparsed("Invalid date-time specified")
		}
		entity.Unix, entity.Format = unix, e.attributes["format"]
	case "code":
		entity.Language = strings.TrimPrefix(e.attributes["class"], "language-")
		if entity.Language == e.attributes["class"] {
			entity.Language = ""
		}
	}
	m.nest(entity)
	return nil
}

// nest adds an entity. A pre and a code with a language over the same stretch are
// one pre.
func (m *markup) nest(e Entity) {
	if n := len(m.entities); n > 0 {
		last := &m.entities[n-1]
		same := last.Offset == e.Offset && last.Length == e.Length
		inner := last.Type == "code" && last.Language != "" && e.Type == "pre"
		outer := last.Type == "pre" && e.Type == "code" && e.Language != ""
		if same && (inner || outer) {
			last.Type, last.Language = "pre", last.Language+e.Language
			return
		}
	}
	m.entities = append(m.entities, e)
}
