package conversation_test

import (
	"context"
	"testing"

	"tocsin/core"
	"tocsin/core/conversation"
)

func TestAWordIsOfThePersonsLanguageFirstAndThenOfAnyOther(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var done string
	flow := &conversation.Flow{Name: "words"}
	for _, name := range []string{"help", "aide", "near"} { // "aide" is French for help, too
		flow.Commands = append(flow.Commands, conversation.Command{
			Name: name, Do: func(context.Context, *conversation.Turn, string) error { done = name; return nil },
		})
	}
	b.Flows = []*conversation.Flow{flow}
	for _, tt := range []struct{ language, word, want string }{
		{"fr", "aide", "help"},
		{"en", "aide", "aide"},
		{"en", "Près", "near"},
		{"en", "AUTOUR", "near"},
		{"fr", "nearby", "near"},
		{"fr", "nothing", ""},
		{"fr", "!!", ""},
	} {
		done = ""
		u := command(tt.language + tt.word)
		u.Language, u.Event = tt.language, core.Command{Name: tt.word}
		if err := b.Handle(t.Context(), u); err != nil || done != tt.want {
			t.Errorf("%s in %s does %q (%v), want %q", tt.word, tt.language, done, err, tt.want)
		}
	}
}
