package telegramtest

import (
	"fmt"
	"time"
	"unicode"
)

// A refusal is an answer that is not ok.
type refusal struct {
	code     int
	text     string // the whole description
	after    int    // retry_after, in seconds
	migrated int64  // migrate_to_chat_id
}

// bad returns a 400 in Telegram's words: the first letter of text becomes small
// unless the second is a capital or an underscore.
func bad(format string, args ...any) *refusal {
	return &refusal{code: 400, text: "Bad Request: " + lowered(fmt.Sprintf(format, args...))}
}

// forbidden returns a 403.
func forbidden(text string) *refusal { return &refusal{code: 403, text: "Forbidden: " + text} }

// conflict returns a 409.
func conflict(text string) *refusal { return &refusal{code: 409, text: "Conflict: " + text} }

// tooMany returns a 429 that asks to wait, a whole second at least.
func tooMany(wait time.Duration) *refusal {
	after := max(1, int((wait+time.Second-1)/time.Second))
	return &refusal{code: 429, text: fmt.Sprintf("Too Many Requests: retry after %d", after), after: after}
}

func lowered(text string) string {
	letters := []rune(text)
	if len(letters) > 1 && letters[1] != '_' && !unicode.IsUpper(letters[1]) {
		letters[0] = unicode.ToLower(letters[0])
	}
	return string(letters)
}
