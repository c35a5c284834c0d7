//go:build goolm

package flows_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"tocsin/core/conversation/transcript"
)

// TestTranscriptsOnMatrix plays the transcripts of private chats through the real adapter
// and a real homeserver, in encrypted rooms: what people see is what the files say. Their
// platform is one with buttons, since the operator has stated an exemption from the limits
// and the bot's own reactions are the buttons. With SOAK those in English, too.
func TestTranscriptsOnMatrix(t *testing.T) {
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
			if shape != "buttons" || !alone(string(section.Data)) || lang != "fr" && os.Getenv("SOAK") == "" {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"."+lang, func(t *testing.T) {
				t.Parallel()
				playOnMatrix(t, lang, string(section.Data))
			})
		}
	}
}

// inGroup is a line of somebody who speaks in a group.
var inGroup = regexp.MustCompile(`(?m)^\w+@\w+: `)

// alone reports whether all of a transcript happens in private chats, without the links to
// them that other platforms have.
func alone(text string) bool {
	return !inGroup.MatchString(text) && !strings.Contains(text, "t.me/") && !strings.Contains(text, "↗")
}

// playOnMatrix plays a transcript, and fails t unless all that is seen is what it says.
func playOnMatrix(t *testing.T, lang, want string) {
	t.Helper()
	s := openMatrix(t, lang)
	got, err := transcript.Play(s, want)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range s.bot.Locale.Languages() {
		words := s.bot.Locale.Printer(l)
		got = strings.ReplaceAll(got, words.Text("platform.matrix", nil), words.Text("platform.console", nil))
	}
	if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("on Matrix (-file +seen)\n%s\n%s", d, s.log)
	}
	if log := s.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("something broke:\n%s", log)
	}
}
