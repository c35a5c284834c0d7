package intake

import "strings"

// A property is a line of a calendar without its name (RFC 5545, 3.1).
type property struct {
	Zone  string // its TZID
	Value string
}

// parseProperty reads what follows the name of a property. It reports false if no
// value is to be found.
func parseProperty(rest string) (p property, ok bool) {
	for strings.HasPrefix(rest, ";") {
		name, after, found := strings.Cut(rest[1:], "=")
		if !found {
			return p, false
		}
		var value string
		if value, rest, ok = parameter(after); !ok {
			return p, false
		}
		if strings.EqualFold(name, "TZID") {
			p.Zone = value
		}
	}
	p.Value, ok = strings.CutPrefix(rest, ":")
	return p, ok
}

// parameter returns the value of a parameter without quotes, and what follows it. Of
// several values it returns the last.
func parameter(s string) (value, rest string, ok bool) {
	for rest = s; ; rest = rest[1:] {
		if quoted, found := strings.CutPrefix(rest, `"`); found {
			if value, rest, ok = strings.Cut(quoted, `"`); !ok {
				return "", "", false
			}
		} else {
			end := strings.IndexAny(rest, `",;:`)
			if end < 0 {
				return "", "", false
			}
			value, rest = rest[:end], rest[end:]
		}
		if !strings.HasPrefix(rest, ",") {
			return value, rest, true
		}
	}
}

// unescaped undoes the escapes of a text (RFC 5545, 3.3.11). A comma without one, as
// many programs write it, is a comma; so is any other sign with one that needs none.
func unescaped(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\' || i+1 == len(s):
			b.WriteByte(s[i])
		case s[i+1] == 'n' || s[i+1] == 'N':
			b.WriteByte('\n')
			i++
		default:
			b.WriteByte(s[i+1])
			i++
		}
	}
	return b.String()
}
