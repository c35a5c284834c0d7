package flows

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/gazetteer"
	"tocsin/core/locale"
)

// A nearRequest is what the words behind /near ask for.
type nearRequest struct {
	Place  string // what names no time, kind or radius; "" if nothing is left
	Bare   string // Place without such words as "près de" around it
	Radius core.Radius
	When   span
	Kinds  []core.KindID
	Online bool
}

// widest is the widest radius that /near searches, in km.
const widest core.Radius = 500

// A meaning is what a phrase asks for: one of its fields is set.
type meaning struct {
	when   *span
	kind   core.KindID
	online bool
}

// nearWords are the words that /near knows, of all languages.
type nearWords struct {
	phrases map[string]meaning
	fillers map[string]bool // may stand before a phrase or a place, and say nothing
	behind  map[string]bool // may stand behind a phrase, and say nothing
	km      map[string]bool
}

// wordsOf reads them from the catalogues and the campaign file.
func wordsOf(t *conversation.Turn) *nearWords {
	return readWords(t.Printers(), t.Campaign.Kinds)
}

func readWords(printers []*locale.Printer, kinds []core.Kind) *nearWords {
	w := &nearWords{
		phrases: map[string]meaning{}, fillers: map[string]bool{}, behind: map[string]bool{}, km: map[string]bool{},
	}
	for _, p := range printers {
		for i := range spans {
			for _, phrase := range phrasesOf(p, spans[i].words) {
				w.phrases[wordKey(phrase)] = meaning{when: &spans[i].span}
			}
		}
		for d := range spanWeekdays {
			w.phrases[wordKey(p.Weekday(time.Weekday(d)))] = meaning{when: &spanWeekdays[d]}
		}
		for _, phrase := range phrasesOf(p, "near.words.online") {
			w.phrases[wordKey(phrase)] = meaning{online: true}
		}
		for _, f := range phrasesOf(p, "near.words.fillers") {
			w.fillers[f] = true
		}
		for _, f := range phrasesOf(p, "near.words.behind") {
			w.behind[f] = true
		}
		for _, f := range phrasesOf(p, "near.words.km") {
			w.km[wordKey(f)] = true
		}
	}
	for _, k := range kinds {
		w.phrases[wordKey(string(k.ID))] = meaning{kind: k.ID}
		for _, name := range k.Name {
			w.phrases[wordKey(name)] = meaning{kind: k.ID}
		}
	}
	delete(w.phrases, "")
	return w
}

// phrasesOf returns the phrases of an entry in which commas part them.
func phrasesOf(p *locale.Printer, key locale.Key) []string {
	phrases := strings.Split(p.Text(key, nil), ",")
	for i, phrase := range phrases {
		phrases[i] = strings.TrimSpace(phrase)
	}
	return phrases
}

// wordKey is what two spellings of a phrase share: case, accents, hyphens, spaces and
// the s of a plural make no difference.
func wordKey(s string) string {
	var key strings.Builder
	for word := range strings.FieldsSeq(gazetteer.Fold(s)) {
		if len(word) > 3 {
			word = strings.TrimSuffix(word, "s")
		}
		key.WriteString(word)
	}
	return key.String()
}

// longestPhrase is of how many words a phrase is at most, where spaces part them.
const longestPhrase = 5

// parseNear reads the words behind /near, in any order and language. Of two times or
// radii the last counts; several kinds count all.
func parseNear(text string, w *nearWords) nearRequest {
	var r nearRequest
	var place []string
	words := strings.Fields(text)
	for i := 0; i < len(words); {
		n := r.radius(words[i:], w)
		if n == 0 {
			n = r.phrase(words[i:], w)
		}
		if n == 0 {
			place = append(place, words[i])
			i++
			continue
		}
		place = trimEnd(place, w)
		for i += n; i < len(words) && w.behind[bare(words[i])]; i++ {
		}
	}
	r.Place = strings.Join(place, " ")
	for len(place) > 0 && w.filler(place[0]) {
		place = place[1:]
	}
	r.Bare = strings.Join(trimEnd(place, w), " ")
	if r.Bare == "" {
		r.Place = ""
	}
	return r
}

// bare returns a word in small letters without punctuation. It keeps its accents: "Cé"
// is part of a name, "ce" is none.
func bare(word string) string { return strings.ToLower(strings.Trim(word, ",;:.!?")) }

// filler reports whether a word says nothing.
func (w *nearWords) filler(word string) bool { return w.fillers[bare(word)] }

// trimEnd leaves out the fillers at the end.
func trimEnd(words []string, w *nearWords) []string {
	for len(words) > 0 && w.filler(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	return words
}

// phrase takes the longest phrase that words begin with, and returns its length.
func (r *nearRequest) phrase(words []string, w *nearWords) int {
	for n := min(longestPhrase, len(words)); n > 0; n-- {
		m, ok := w.phrases[wordKey(strings.Join(words[:n], " "))]
		switch {
		case !ok:
			continue
		case m.when != nil && r.When == "6" && *m.when == "7":
			r.When = spanWeekend // "samedi et dimanche"
		case m.when != nil:
			r.When = *m.when
		case m.online:
			r.Online = true
		case !slices.Contains(r.Kinds, m.kind):
			r.Kinds = append(r.Kinds, m.kind)
		}
		return n
	}
	return 0
}

// radius takes a distance that words begin with, "10 km" or "10km", and returns how
// many words it has.
func (r *nearRequest) radius(words []string, w *nearWords) int {
	first := gazetteer.Fold(words[0])
	digits := strings.TrimLeft(first, "0123456789")
	number := strings.TrimSuffix(first, digits)
	n := 1
	if digits == "" && len(words) > 1 {
		digits, n = gazetteer.Fold(words[1]), 2
	}
	km, err := strconv.Atoi(number)
	if err != nil || !w.km[wordKey(digits)] {
		return 0
	}
	r.Radius = core.Radius(min(max(km, 1), int(widest)))
	return n
}
