package gazetteer

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// spelled are the letters that are also written with others.
var spelled = map[rune]string{
	'œ': "oe", 'æ': "ae", 'ß': "ss", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d",
	'þ': "th", 'ı': "i", 'ς': "σ",
}

// saints are the words that begin the names of a tenth of all French communes.
var saints = map[string]string{
	"st": "saint", "ste": "saint", "sainte": "saint", "sts": "saints", "stes": "saintes",
}

// elided are the words that lose their vowel and hang on the next word.
var elided = []string{"l", "d"}

// Fold returns the key under which a name is found: two spellings of one name have
// one key. Case, accents, hyphens, apostrophes, spaces in a row and "St", "Ste",
// "Saint" or "Sainte" make no difference: "L'Haÿ-les-Roses" and "l hay les roses"
// are both "lhay les roses"; an arrondissement of Paris, Lyon or Marseille is "lyon 3"
// however it is counted. A key is its own key. Text without letter or digit has the
// key "".
func Fold(name string) string {
	key := joined(spell(name))
	if district, ok := districtOf(key); ok {
		return district
	}
	return key
}

// joined returns words with one space between them, those that are elided hanging on
// the next, and all saints spelled out.
func joined(text string) string {
	var key strings.Builder
	hangs := true
	for word := range strings.FieldsSeq(text) {
		if !hangs {
			key.WriteByte(' ')
		}
		if saint, ok := saints[word]; ok {
			word = saint
		}
		key.WriteString(word)
		hangs = slices.Contains(elided, word)
	}
	return key.String()
}

// spell returns name in small letters without accents and apostrophes, with spaces
// for all that is neither letter nor number.
func spell(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(name, " ")) {
		r = unicode.ToLower(r)
		letters, known := spelled[r]
		switch {
		case known:
			b.WriteString(letters)
		case isAccent(r), isApostrophe(r), unicode.Is(unicode.Cf, r):
		case unicode.In(r, unicode.L, unicode.N, unicode.M):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return norm.NFKC.String(b.String())
}

// isAccent reports whether r is of the block Combining Diacritical Marks. The marks
// of other blocks are letters to those who write them.
func isAccent(r rune) bool { return r >= 0x0300 && r <= 0x036F }

// isApostrophe reports whether r is one of the signs that serve as apostrophe.
func isApostrophe(r rune) bool { return strings.ContainsRune("'’‘ʼʻ`′", r) }
