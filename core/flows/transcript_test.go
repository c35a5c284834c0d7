package flows_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/tools/txtar"

	"tocsin/core/conversation/transcript"
)

var update = flag.Bool("update", false, "rewrite the transcripts with what the bot says now")

// TestTranscripts plays every transcript in testdata, each section on a stage of
// its own. The files are the specification of the flows.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			if !*update {
				t.Parallel()
			}
			playFile(t, file)
		})
	}
}

func playFile(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, section := range archive.Files {
		t.Run(section.Name, func(t *testing.T) {
			shape, lang, _ := strings.Cut(section.Name, ".")
			var got string
			synctest.Test(t, func(t *testing.T) {
				var err error
				if got, err = transcript.Play(open(t, shape, lang), string(section.Data)); err != nil {
					t.Fatal(err)
				}
			})
			if got != string(section.Data) && !*update {
				t.Errorf("the bot says now\n%s", got)
			}
			archive.Files[i].Data = []byte(got)
		})
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
