package console_test

import (
	"context"
	"testing"

	"tocsin/bots/console"
	"tocsin/core"
)

func TestLetterIsShownWithoutItsAddress(t *testing.T) {
	t.Parallel()
	var out paper
	box := console.Letterbox{Out: &out}
	l := &core.Letter{
		To: "ada@example.org", Subject: "Your\ncode",
		Text: "Good day,\r\n\r\n\x1b[2J1234 5678\n\n",
	}
	if err := box.Post(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	want := "┌─ ✉ Your code\n│\n│ Good day,\n│\n│ [2J1234 5678\n└─\n\n"
	if got := out.written(); len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q in one piece", got, want)
	}
}

func TestLetterboxSaysWhatIsCertain(t *testing.T) {
	t.Parallel()
	ended, stop := context.WithCancel(t.Context())
	stop()
	for name, c := range map[string]struct {
		ctx    context.Context
		broken breakage
		beside bool // on the screen of an adapter
		want   core.Code
	}{
		"Ended":         {ended, sound, false, core.Unavailable},
		"Closed":        {t.Context(), closed, false, core.Unavailable},
		"Cut":           {t.Context(), cut, false, core.Uncertain},
		"CutBeside":     {t.Context(), cut, true, core.Uncertain},
		"ClosedBeside":  {t.Context(), closed, true, core.Unavailable},
		"TooLateBeside": {t.Context(), tooLate, true, core.Uncertain},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := &paper{broken: c.broken}
			box := console.Letterbox{Out: out}
			if c.beside {
				box.Out = (&console.Adapter{In: nobody(), Out: out}).Screen()
			}
			if err := box.Post(c.ctx, &core.Letter{Subject: "s", Text: "t"}); core.CodeOf(err) != c.want {
				t.Errorf("Post = %v, want %s", err, c.want)
			}
		})
	}
}
