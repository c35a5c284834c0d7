package console_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"tocsin/bots/console"
	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// delivery returns a delivery of c to the chat of a terminal.
func delivery(key core.SendKey, c core.Content) core.Delivery {
	return core.Delivery{
		Key: key, To: core.ChatRef{Bot: "console:terminal", Chat: "terminal"},
		Kind: core.Private, Lane: core.Talk, Content: c,
	}
}

func say(text string) *core.Message { return &core.Message{Body: []core.Span{{Text: text}}} }

func TestPipeIsPlainLines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var out paper
	in := "/near Lyon\n\n!HELP\n(location 48.85 2.35)\nto be\x07 or\x1b[31m not\r\nlast \xff line"
	a := &console.Adapter{ID: "console:terminal", In: strings.NewReader(in), Out: &out, Files: dir}
	queue, got := events()
	if err := a.Run(t.Context(), queue); err != nil {
		t.Fatal(err)
	}
	want := []core.Event{
		core.Command{Name: "near", Arg: "Lyon"},
		core.Command{Name: "help"},
		core.Position{Point: geo.Point{Lat: 48.85, Lon: 2.35}},
		core.Text{Body: "to be or[31m not"},
		core.Text{Body: "last \uFFFD line"},
	}
	if diff := cmp.Diff(want, got()); diff != "" {
		t.Error(diff)
	}
	full := &core.Message{
		Body: []core.Span{
			{Text: "Your "}, {Text: "code", Style: locale.Strong}, {Text: " is "}, {Text: "1234", Style: locale.Code},
			{Text: ".\x1b]0;title\x07\r\nSee "}, {Text: "this", Style: locale.Link, URL: "https://example.org/"},
		},
		Pin:  &core.Pin{Point: geo.Point{Lat: 45.7578, Lon: -0.0000001}, Title: "Place\nBellecour"},
		File: &core.Attachment{Name: "action.ics", Data: []byte("BEGIN")},
	}
	for _, m := range []*core.Message{say("one\n\nand the same"), full, {Pin: &core.Pin{Point: geo.Point{Lat: 1, Lon: 2}}}} {
		if _, err := a.Send(t.Context(), delivery("k", m)); err != nil {
			t.Error(err)
		}
	}
	saved := filepath.Join(dir, "action.ics")
	wantOut := "one\n\nand the same\n\n" +
		"Your code is 1234.]0;title\nSee this (https://example.org/)\nPlace Bellecour geo:45.7578,0\n[file action.ics, 5 bytes: " + saved + "]\n\n" +
		"geo:1,2\n\n"
	if diff := cmp.Diff(wantOut, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestLineThatIsTooLongIsUnknown(t *testing.T) {
	t.Parallel()
	const most = 64 << 10
	in := strings.Repeat("a", most) + "\n" + strings.Repeat("b", most+1) + "\n" + strings.Repeat("c", 5*most) + "\nd"
	queue, got := events()
	a := &console.Adapter{ID: "console:terminal", In: strings.NewReader(in), Out: io.Discard}
	if err := a.Run(t.Context(), queue); err != nil {
		t.Fatal(err)
	}
	unknown := core.Media{Kind: core.Unknown}
	want := []core.Event{core.Text{Body: strings.Repeat("a", most)}, unknown, unknown, core.Text{Body: "d"}}
	if !cmp.Equal(want, got()) {
		t.Errorf("got %d events, or others than expected", len(got()))
	}
}

func TestLineIsGivenAgainBeforeTheNextOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got []string
		queue := desk(func(_ context.Context, u *core.Update) error {
			got = append(got, u.Event.(core.Text).Body+" "+strings.SplitN(u.ID, "-", 2)[1])
			if len(got) < 4 {
				return &core.Error{Code: core.Unavailable}
			}
			return nil
		})
		a := &console.Adapter{ID: "console:terminal", In: strings.NewReader("one\ntwo\n"), Out: io.Discard}
		if err := a.Run(t.Context(), queue); err != nil {
			t.Fatal(err)
		}
		if want := []string{"one 1", "one 1", "one 1", "one 1", "two 2"}; !cmp.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestWaitForAnotherTryEndsWithContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var tries atomic.Int32
		queue := desk(func(context.Context, *core.Update) error {
			if tries.Add(1) == 20 {
				stop()
			}
			return &core.Error{Code: core.Unavailable}
		})
		a := &console.Adapter{ID: "console:terminal", In: strings.NewReader("one\ntwo\n"), Out: io.Discard}
		if err := a.Run(ctx, queue); err != nil || tries.Load() != 20 {
			t.Errorf("Run = %v after %d tries, want nil after 20", err, tries.Load())
		}
	})
}

func TestUpdateIDsOfTwoRunsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2 {
		queue := desk(func(_ context.Context, u *core.Update) error {
			if seen[u.ID] {
				t.Errorf("ID %q came twice", u.ID)
			}
			seen[u.ID] = true
			return nil
		})
		a := &console.Adapter{ID: "console:terminal", In: strings.NewReader("one\ntwo\n"), Out: io.Discard}
		if err := a.Run(t.Context(), queue); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 4 {
		t.Errorf("%d updates came, want 4", len(seen))
	}
}

func TestUpdateSaysWhatTheAdapterWasTold(t *testing.T) {
	t.Parallel()
	var got *core.Update
	queue := desk(func(_ context.Context, u *core.Update) error { got = u; return nil })
	a := &console.Adapter{ID: "console:demo", Chat: "ada", Language: "fr", In: strings.NewReader("one"), Out: io.Discard}
	if err := a.Run(t.Context(), queue); err != nil {
		t.Fatal(err)
	}
	want := core.Update{
		ID: got.ID, At: got.At, Kind: core.Private, Language: "fr", Event: core.Text{Body: "one"},
		Chat: core.ChatRef{Bot: "console:demo", Chat: "ada"}, Sender: &core.AccountRef{Bot: "console:demo", ID: "ada"},
	}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Error(diff)
	}
}

func TestInputThatBreaksIsAnError(t *testing.T) {
	t.Parallel()
	queue, got := events()
	in := io.MultiReader(strings.NewReader("one\n"), iotest.ErrReader(errors.New("disk on fire")))
	err := (&console.Adapter{ID: "console:terminal", In: in, Out: io.Discard}).Run(t.Context(), queue)
	if core.CodeOf(err) != core.Unavailable || len(got()) != 1 {
		t.Errorf("Run = %v after %d events, want Unavailable after 1", err, len(got()))
	}
}

func TestWaitingForAFileEndsWithContext(t *testing.T) {
	t.Parallel()
	in, typed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer typed.Close()
	ctx, stop := context.WithCancel(t.Context())
	queue := desk(func(context.Context, *core.Update) error { stop(); return nil })
	a := &console.Adapter{ID: "console:terminal", In: in, Out: io.Discard}
	if _, err := typed.WriteString("one\n"); err != nil {
		t.Fatal(err)
	}
	if err := a.Run(ctx, queue); err != nil {
		t.Error(err)
	}
	if _, err := typed.WriteString("two\n"); err != nil {
		t.Error("the adapter has closed a file that is not its own:", err)
	}
}
