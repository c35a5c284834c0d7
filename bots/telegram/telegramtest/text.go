package telegramtest

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits of a text, in bytes before and in code points after its parsing.
const (
	maxRaw     = 32768
	maxText    = 4096
	maxCaption = 1024
)

// styled reads the text in a parameter, with its parse_mode or the entities in
// another parameter.
func (c *call) styled(name, entitiesName string) (string, []Entity, *refusal) {
	text, entities := c.params[name], []Entity(nil)
	if !utf8.ValidString(text) {
		return "", nil, bad("strings must be encoded in UTF-8")
	}
	if len(text) > maxRaw {
		return "", nil, bad("text is too long")
	}
	text = clean(text)
	switch mode := c.params["parse_mode"]; strings.ToLower(mode) {
	case "html":
		var refused *refusal
		if text, entities, refused = parseHTML(text); refused != nil {
			return "", nil, refused
		}
	case "":
		if _, err := c.decode(entitiesName, &entities); err != nil {
			return "", nil, bad("can't parse entities JSON object")
		}
		entities = inside(entities, text)
	case "markdown", "markdownv2":
		c.server.problem("parse_mode %s is not modelled", mode)
	default:
		return "", nil, bad("unsupported parse_mode")
	}
	text, entities = trim(text, entities)
	return text, detect(text, entities), nil
}

// clean replaces control characters as the real server does.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return -1
		case r < ' ' && r != '\n':
			return ' '
		}
		return r
	}, text)
}

// length counts UTF-16 units.
func length(text string) int {
	n := 0
	for _, r := range text {
		n += units(r)
	}
	return n
}

// inside drops the entities that do not lie within text.
func inside(all []Entity, text string) []Entity {
	n := length(text)
	all = slices.DeleteFunc(all, func(e Entity) bool {
		return e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > n
	})
	return ordered(all)
}

// trim cuts white space at both ends, at the start only before the first entity.
func trim(text string, all []Entity) (string, []Entity) {
	keep := len(text)
	if len(all) > 0 {
		keep = all[0].Offset
	}
	lead := 0
	for lead < len(text) && lead < keep && (text[lead] == ' ' || text[lead] == '\n') {
		lead++
	}
	text = strings.TrimRight(text[lead:], " \n")
	end := length(text)
	var moved []Entity
	for _, e := range all {
		e.Offset -= lead
		e.Length = min(e.Length, end-e.Offset)
		if e.Length > 0 {
			moved = append(moved, e)
		}
	}
	return text, moved
}

// link makes e a link to target, or to a person; it reports false for what is none.
func link(e *Entity, target string) bool {
	if id, ok := strings.CutPrefix(target, "tg://user?id="); ok {
		n, err := strconv.ParseInt(id, 10, 64)
		e.Type, e.User = "text_mention", &Peer{ID: n}
		return err == nil
	}
	if !strings.Contains(target, "://") {
		target = "http://" + target
	}
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "tg", "ton"}, u.Scheme) {
		return false
	}
	if u.Scheme != "tg" && u.Scheme != "ton" {
		if !strings.Contains(u.Hostname(), ".") {
			return false
		}
		u.Host = strings.ToLower(u.Host)
		u.Path = cmp.Or(u.Path, "/")
	}
	e.Type, e.URL = "text_link", u.String()
	return true
}

// finders are what the server itself finds in a text; the group is what it marks.
var finders = []struct {
	kind string
	find *regexp.Regexp
}{
	{"url", regexp.MustCompile(`(https?://[^\s<>"]*[^\s<>".,;:!?)'’»])`)},
	{"email", regexp.MustCompile(`([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})`)},
	{"bot_command", regexp.MustCompile(`(?:^|[^\p{L}\p{N}_/<>])(/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)\b`)},
	{"mention", regexp.MustCompile(`(?:^|[^\w/])(@[A-Za-z0-9_]{3,32})\b`)},
	{"hashtag", regexp.MustCompile(`(?:^|[^\p{L}\p{N}_])(#[\p{L}\p{N}_]*[\p{L}_][\p{L}\p{N}_]*)`)},
}

// goesOn is what a command cannot stand before: "/réglages" is none, and neither is "/r".
var goesOn = regexp.MustCompile(`^[\p{L}\p{N}_/<>]`)

// detect adds what the server finds in a text where no entity is yet.
func detect(text string, all []Entity) []Entity {
	taken := slices.Clone(all)
	for _, f := range finders {
		for _, at := range f.find.FindAllStringSubmatchIndex(text, -1) {
			if f.kind == "bot_command" && goesOn.MatchString(text[at[3]:]) {
				continue
			}
			e := Entity{Type: f.kind, Offset: length(text[:at[2]]), Length: length(text[at[2]:at[3]])}
			if !slices.ContainsFunc(taken, func(t Entity) bool { return overlap(t, e) && !decoration(t.Type) }) {
				taken = append(taken, e)
			}
		}
	}
	return ordered(taken)
}

func overlap(a, b Entity) bool {
	return a.Offset < b.Offset+b.Length && b.Offset < a.Offset+a.Length
}

// decoration reports whether other entities may lie in one of this kind.
func decoration(kind string) bool {
	return slices.Contains([]string{"bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote"}, kind)
}
