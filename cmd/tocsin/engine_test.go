package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tocsin/core"
)

// called runs the program in this process and returns what it wrote and its exit code.
func called(t *testing.T, env map[string]string, input string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs strings.Builder
	code = run(t.Context(), args, set(env), strings.NewReader(input), &out, &errs)
	return out.String(), errs.String(), code
}

// elsewhere returns the variables of a database in a folder of the test's own.
func elsewhere(t *testing.T) map[string]string {
	t.Helper()
	folder := t.TempDir()
	return map[string]string{
		"DATABASE_URL": "sqlite:" + filepath.Join(folder, "t.db"), "SECRET_KEY_FILE": filepath.Join(folder, "t.key"),
		"HTTP_ADDR": "127.0.0.1:0",
	}
}

// Everything that was typed is answered before the program ends, however fast its
// input came.
func TestAPipeIsAnsweredToItsEnd(t *testing.T) {
	t.Parallel()
	const pages = 40
	out, errs, code := called(t, elsewhere(t), strings.Repeat("/help\n", pages), "chat", "--language", "en")
	if code != succeeded {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	if n := strings.Count(out, "/near"); n < pages {
		t.Errorf("%d of %d answers came", n, pages)
	}
}

func TestAnInputThatEndsAtOnceEndsTheProgram(t *testing.T) {
	t.Parallel()
	if _, errs, code := called(t, elsewhere(t), "", "chat"); code != succeeded {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

func TestAStoppedImportSaysSoAndGoesOn(t *testing.T) {
	t.Parallel()
	env := elsewhere(t)
	ctx, cancel := context.WithCancel(t.Context())
	in, out := io.Pipe()
	go func() {
		fmt.Fprintln(out, "email")
		for i := range 3 * sponsorsBatch {
			if i == sponsorsBatch {
				cancel()
			}
			fmt.Fprintf(out, "a%d@exemple.fr\n", i)
		}
		out.Close()
	}()
	defer in.Close()
	var errs strings.Builder
	if code := run(ctx, []string{"sponsors", "import", "-"}, set(env), in, io.Discard, &errs); code != failed {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(errs.String(), errStopped.Error()) {
		t.Errorf("it said %q", errs.String())
	}
	var list strings.Builder
	list.WriteString("email\n")
	for i := range 3 * sponsorsBatch {
		fmt.Fprintf(&list, "a%d@exemple.fr\n", i)
	}
	said, _, code := called(t, env, list.String(), "sponsors", "import", "-")
	if code != succeeded || !strings.HasPrefix(said, fmt.Sprintf("%d rows: ", 3*sponsorsBatch)) {
		t.Errorf("exit code %d: %s", code, said)
	}
	if count, _, _ := called(t, env, "", "sponsors", "count"); count != fmt.Sprintln(3*sponsorsBatch) {
		t.Errorf("there are %s", count)
	}
}

func TestAFileThatBreaksOffIsAFailure(t *testing.T) {
	t.Parallel()
	var errs strings.Builder
	in := io.MultiReader(strings.NewReader("email\na@exemple.fr\n"), broken{})
	if code := run(t.Context(), []string{"sponsors", "import", "-"}, set(elsewhere(t)), in, io.Discard, &errs); code != failed {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(errs.String(), "intake: read line: the disk is gone") {
		t.Errorf("it said %q", errs.String())
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

func TestThePartsEndTogether(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	wait := func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	}
	fail := func(context.Context) error { return errors.New("broken") }
	if err := <-together(ctx, cancel, []part{wait, fail, wait}); err == nil || err.Error() != "broken" {
		t.Errorf("got %v", err)
	}
	if ctx.Err() == nil {
		t.Error("the others were not stopped")
	}
}

func TestAHintIsGivenWithoutWaiting(t *testing.T) {
	t.Parallel()
	full, free := make(chan struct{}, 1), make(chan struct{}, 1)
	full <- struct{}{}
	h := hinting{func(context.Context, *core.Update) error { return errors.New("away") }, []chan<- struct{}{full, free}}
	if err := h.Handle(t.Context(), nil); err == nil || len(full) != 1 || len(free) != 1 {
		t.Errorf("got %v, %d, %d", err, len(full), len(free))
	}
}

func TestADemoLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	out, errs, code := called(t, nil, "/start\n", "chat", "--demo")
	if code != succeeded || !strings.Contains(out, "@demo.example") || errs != "" {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestTheTerminalSaysItsLanguage(t *testing.T) {
	t.Parallel()
	for want, env := range map[string]map[string]string{
		"fr-FR": {"LANG": "fr_FR.UTF-8"},
		"en-GB": {"LANG": "fr_FR", "LC_ALL": "en_GB.UTF-8"},
		"br":    {"LANG": "fr_FR", "LC_MESSAGES": "br"},
		"":      {"LC_ALL": "C", "LANG": "fr_FR"},
	} {
		if got := languageOf(set(env)); got != want {
			t.Errorf("%v: %q, want %q", env, got, want)
		}
	}
}
