package console_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"tocsin/bots/console"
	"tocsin/core"
)

func TestSendSaysWhatIsCertain(t *testing.T) {
	t.Parallel()
	elsewhere := delivery("k", say("hello"))
	elsewhere.To.Chat = "ada"
	otherBot := delivery("k", say("hello"))
	otherBot.To.Bot = "console:other"
	for name, c := range map[string]struct {
		broken   breakage
		delivery core.Delivery
		want     core.Code
	}{
		"Whole":        {sound, delivery("k", say("hello")), ""},
		"Closed":       {closed, delivery("k", say("hello")), core.Unavailable},
		"Cut":          {cut, delivery("k", say("hello")), core.Uncertain},
		"CutSilently":  {tooShort, delivery("k", say("hello")), core.Uncertain},
		"TooLate":      {tooLate, delivery("k", say("hello")), core.Uncertain},
		"Elsewhere":    {sound, elsewhere, core.Unreachable},
		"OtherBot":     {sound, otherBot, core.Unreachable},
		"NoMessage":    {sound, delivery("k", &core.Redact{}), core.Invalid},
		"EditOfNobody": {sound, delivery("k", &core.Edit{Message: say("hello")}), core.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := &paper{broken: c.broken}
			a := &console.Adapter{ID: "console:terminal", In: nobody(), Out: out}
			receipt, err := a.Send(t.Context(), c.delivery)
			if got := core.CodeOf(err); got != c.want {
				t.Errorf("Send = %v, want %q", err, c.want)
			}
			if err == nil && !cmp.Equal(receipt, core.Receipt{"k"}) {
				t.Errorf("the receipt is %q, want the key", receipt)
			}
			if shown := len(out.written()) > 0; shown && (c.want == core.Unreachable || c.want == core.Invalid) {
				t.Error("something is shown")
			}
		})
	}
}

func TestReaderThatIsGoneIsUnavailable(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r.Close()
	a := &console.Adapter{ID: "console:terminal", In: nobody(), Out: w}
	_, err = a.Send(t.Context(), delivery("k", say("hello")))
	if core.CodeOf(err) != core.Unavailable || !errors.Is(err, syscall.EPIPE) {
		t.Errorf("Send = %v, want Unavailable for a broken pipe", err)
	}
}

func TestWholeMessageIsToldFromATornOne(t *testing.T) {
	t.Parallel()
	out := &paper{broken: cut}
	a := &console.Adapter{ID: "console:terminal", In: nobody(), Out: out, Numbered: true}
	for _, b := range []breakage{cut, closed, sound, sound} {
		out.breakOff(b)
		_, err := a.Send(t.Context(), delivery("key", say("hello")))
		if (err == nil) != (b == sound) {
			t.Errorf("Send = %v on a paper where %s", err, b)
		}
	}
	if got, want := out.String(), "key\t\"h\nkey\t\"hello\"\nkey\t\"hello\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOutputThatIsStuckHoldsNobodyLongerThanTheirContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe() // which nobody reads
		a := &console.Adapter{ID: "console:terminal", In: nobody(), Out: w}
		ctx, stop := context.WithCancel(t.Context())
		send := func() chan error {
			sent := make(chan error, 1)
			go func() {
				_, err := a.Send(ctx, delivery("k", say("hello")))
				sent <- err
			}()
			synctest.Wait()
			return sent
		}
		writing, waiting := send(), send()
		stop()
		if err := <-writing; core.CodeOf(err) != core.Uncertain {
			t.Errorf("Send = %v while it wrote, want Uncertain", err)
		}
		if err := <-waiting; core.CodeOf(err) != core.Unavailable {
			t.Errorf("Send = %v while it waited, want Unavailable", err)
		}
		r.Close()
		if _, err := a.Send(t.Context(), delivery("k", say("hello"))); core.CodeOf(err) != core.Unavailable {
			t.Errorf("Send = %v on a closed pipe, want Unavailable", err)
		}
	})
}

func TestFilesAreSavedForTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := &console.Adapter{ID: "console:terminal", In: nobody(), Out: io.Discard, Files: dir}
	for _, f := range []core.Attachment{
		{Name: "action.ics", Data: []byte("one")},
		{Name: "action.ics", Data: []byte("two")},
		{Name: "action.ics", Data: []byte("one")}, // sent again
		{Name: "../../etc/passwd", Data: []byte("three")},
		{Name: ".hidden", Data: []byte("four")},
		{Name: "..", Data: nil},
		{Name: "a\x00b\nc" + strings.Repeat("é", 300) + ".ics", Data: nil},
	} {
		m := say("hello")
		m.File = &f
		if _, err := a.Send(t.Context(), delivery("k", m)); err != nil {
			t.Errorf("Send = %v for file %q", err, f.Name)
		}
	}
	want := map[string]string{
		"action.ics": "one", "action-2.ics": "two", "_.._etc_passwd": "three", "hidden": "four", "file": "",
		"abc" + strings.Repeat("é", 53) + ".ics": "",
	}
	got := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v (%v), want 0600", e.Name(), info.Mode(), err)
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Error(err)
		}
		got[e.Name()] = string(b)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMessageWaitsForItsFile(t *testing.T) {
	t.Parallel()
	var out paper
	a := &console.Adapter{ID: "console:terminal", In: nobody(), Out: &out, Files: filepath.Join(t.TempDir(), "missing")}
	m := say("hello")
	m.File = &core.Attachment{Name: "meeting-of-ada.ics", Data: []byte("one")}
	_, err := a.Send(t.Context(), delivery("k", m))
	if core.CodeOf(err) != core.Unavailable || strings.Contains(err.Error(), "ada") || out.String() != "" {
		t.Errorf("Send = %v, shown is %q; want Unavailable, no name, and nothing", err, out.String())
	}
}

func TestFileWithoutADirectoryIsNamed(t *testing.T) {
	t.Parallel()
	var out paper
	a := &console.Adapter{ID: "console:terminal", In: nobody(), Out: &out}
	m := say("hello")
	m.File = &core.Attachment{Name: "action.ics", Data: make([]byte, 612)}
	if _, err := a.Send(t.Context(), delivery("k", m)); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "hello\n[file action.ics, 612 bytes]\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
