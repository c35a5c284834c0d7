package flows_test

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/core/conversation/transcript"
)

// TestTranscriptsOnTelegram plays every transcript of a platform with buttons through the
// real adapter: what people see on their phones is what the files say. Text mode is part
// of them; the sections with numbers are of platforms that cannot do what Telegram can.
func TestTranscriptsOnTelegram(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range archive.Files {
			shape, lang, _ := strings.Cut(section.Name, ".")
			if shape != "buttons" {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"."+lang, func(t *testing.T) {
				t.Parallel()
				play := func(t *testing.T) { playOnTelegram(t, lang, string(section.Data), telegramtest.Limits{}) }
				synctest.Test(t, play)
			})
		}
	}
}

// Whoever presses one button after the other gets all answers, as fast as Telegram takes
// them: in order, nothing twice, and never a call before it is allowed.
func TestAHurriedPersonOnTelegramGetsAllAnswers(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/agenda.txtar")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		server := playOnTelegram(t, "fr", string(archive.Files[0].Data), telegramtest.PublishedLimits())
		if early := server.Violations(); len(early) > 0 {
			t.Errorf("%d calls came before they were allowed", len(early))
		}
	})
}

// playOnTelegram plays a transcript, and fails t unless all that is seen is what it says.
func playOnTelegram(t *testing.T, lang, want string, pace telegramtest.Limits) *telegramtest.Server {
	t.Helper()
	s, p := openTelegram(t, lang, pace)
	got, err := transcript.Play(s, want)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range s.bot.Locale.Languages() {
		words := s.bot.Locale.Printer(l)
		got = strings.ReplaceAll(got, words.Text("platform.telegram", nil), words.Text("platform.console", nil))
	}
	if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("on Telegram (-file +seen)\n%s", d)
	}
	if log := s.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("something broke:\n%s", log)
	}
	return p.server
}
