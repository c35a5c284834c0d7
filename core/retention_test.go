package core_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"tocsin/core"
)

// docs/privacy.md tells people how long their data is kept: what is true is the
// table in the code, line by line.
func TestPrivacyPageShowsTheRetentionTable(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/privacy.md")
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, m := range regexp.MustCompile(`(?m)^\|.*\| (\d+) days? \|$`).FindAllSubmatch(page, -1) {
		shown = append(shown, string(m[1]))
	}
	var held []string
	for _, r := range core.Retentions {
		held = append(held, fmt.Sprint(int(r.For/(24*time.Hour))))
	}
	if !slices.Equal(shown, held) {
		t.Errorf("the page says %q days, the code %q", shown, held)
	}
}
