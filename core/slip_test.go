package core

import (
	"slices"
	"testing"
)

func TestNearestForgivesSlipsInProportion(t *testing.T) {
	t.Parallel()
	known := []string{"agenda", "near", "help", "lyon", "marseille", "saint etienne", "nord"}
	for typed, want := range map[string][]string{
		"agneda":        {"agenda"},
		"naer":          {"near"},
		"lyno":          {"lyon"},
		"marseile":      {"marseille"},
		"marseileeee":   nil,
		"saint etiene":  {"saint etienne"},
		"nerd":          {"nord"},
		"help":          {"help"},
		"hpel me":       nil,
		"":              nil,
		"saint-etienne": {"saint etienne"},
	} {
		if got := Nearest(typed, known, 2); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
