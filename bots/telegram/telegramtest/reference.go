package telegramtest

import (
	"strconv"
	"strings"
)

// reference reads the HTML character reference in text at the byte at. Next is
// behind it, with its semicolon if it has one, or at if there is none.
func reference(text string, at int) (r rune, next int) {
	if text[at] != '&' || at+1 >= len(text) {
		return 0, at
	}
	if text[at+1] == '#' {
		return numeric(text, at)
	}
	end := at + 1
	for end < len(text) && letter(text[end]) {
		end++
	}
	switch text[at+1 : end] {
	case "lt":
		r = '<'
	case "gt":
		r = '>'
	case "amp":
		r = '&'
	case "quot":
		r = '"'
	default:
		return 0, at
	}
	return r, semicolon(text, end)
}

func letter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

func semicolon(text string, end int) int {
	if end < len(text) && text[end] == ';' {
		return end + 1
	}
	return end
}

// numeric reads &#8217; or &#x2019;.
func numeric(text string, at int) (r rune, next int) {
	from, base, digits := at+2, 10, "0123456789"
	if from < len(text) && text[from] == 'x' {
		from, base, digits = from+1, 16, "0123456789abcdefABCDEF"
	}
	end := from
	for end < len(text) && strings.IndexByte(digits, text[end]) >= 0 {
		end++
	}
	code, err := strconv.ParseUint(text[from:end], base, 32)
	if err != nil || end-from >= 10 || code == 0 || code >= 0x10ffff {
		return 0, at
	}
	return rune(code), semicolon(text, end)
}
