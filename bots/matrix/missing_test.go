//go:build goolm

package matrix_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Without the homeserver its tests are left out, and one line says so; where CI is set they
// fail, so that no pipeline passes by leaving them out.
func TestWithoutTheHomeserverItIsSaidWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for ci, want := range map[string]string{"": "--- SKIP", "true": "--- FAIL"} {
		c := exec.Command(self, "-test.run=^TestFiveStartsAreOneLogin$", "-test.v")
		c.Env = []string{"PATH=" + t.TempDir(), "HOME=" + t.TempDir(), "CI=" + ci}
		said, err := c.CombinedOutput()
		if (err != nil) != (ci != "") || !strings.Contains(string(said), want) {
			t.Errorf("with CI=%q: %v\n%s", ci, err, said)
		}
		lines := 0
		for line := range strings.Lines(string(said)) {
			if strings.Contains(line, "DENDRITE") {
				lines++
			}
		}
		if lines != 1 {
			t.Errorf("with CI=%q %d lines say what is missing:\n%s", ci, lines, said)
		}
	}
}
