package core

import (
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
)

// Slips returns how many slips of the finger part two words: letters left out, added,
// changed, or swapped with their neighbour (optimal string alignment). Both are folded.
func Slips(typed, meant string) int { return edlib.OSADamerauLevenshteinDistance(typed, meant) }

// Nearest returns those of known that somebody who typed a word may have meant, the
// fewest slips first and most of them at most; one slip is forgiven in a short word,
// two in one of more than five letters.
func Nearest(typed string, known []string, most int) []string {
	allowed := 1
	if utf8.RuneCountInString(typed) > 5 {
		allowed = 2
	}
	byslips := make([][]string, allowed+1)
	for _, k := range known {
		if n := len(k) - len(typed); n > 2*allowed || n < -2*allowed {
			continue // a letter takes two bytes at most
		}
		if n := Slips(typed, k); n <= allowed {
			byslips[n] = append(byslips[n], k)
		}
	}
	var out []string
	for _, ks := range byslips {
		out = append(out, ks...)
	}
	return out[:min(len(out), most)]
}
