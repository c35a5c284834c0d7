package core_test

import (
	"os/exec"
	"strings"
	"testing"
)

// arrows says what a folder must not need, directly or through others. The arrows
// of the house point inward; see doc.go.
var arrows = map[string][]string{
	"tocsin/core": {
		"tocsin/core/conversation", "tocsin/core/flows", "tocsin/core/gazetteer", "tocsin/core/intake",
		"tocsin/core/calendar", "tocsin/core/demo",
	},
	"tocsin/core/geo":          {"tocsin/core"},
	"tocsin/core/locale":       {"tocsin/core"},
	"tocsin/core/conversation": {"tocsin/core/flows", "tocsin/core/gazetteer", "tocsin/core/intake"},
	"tocsin/core/flows":        {"tocsin/core/demo"},
	"tocsin/core/demo":         {"tocsin/core/conversation", "tocsin/core/flows"},
	"tocsin/core/intake":       {"tocsin/core/conversation", "tocsin/core/flows"},
	"tocsin/core/gazetteer":    {"tocsin/core/conversation", "tocsin/core/flows"},
	"tocsin/core/calendar":     {"tocsin/core/conversation", "tocsin/core/flows"},
	"tocsin/storage":           {"tocsin/bots", "tocsin/scheduler", "tocsin/core/conversation", "tocsin/core/flows"},
	"tocsin/scheduler":         {"tocsin/bots", "tocsin/storage", "database/sql", "github.com/uptrace/bun", "tocsin/core/flows"},
	"tocsin/bots/console":      {"tocsin/storage", "tocsin/scheduler", "tocsin/core/flows"},
	"tocsin/bots/telegram":     {"tocsin/storage", "tocsin/scheduler", "tocsin/bots/console", "tocsin/bots/mail", "tocsin/core/flows"},
	"tocsin/bots/matrix": {
		"tocsin/storage", "tocsin/scheduler", "tocsin/bots/console", "tocsin/bots/telegram", "tocsin/bots/mail", "tocsin/core/flows",
		// They count events as received that nobody has handled, and need a C compiler.
		"maunium.net/go/mautrix/crypto/cryptohelper", "go.mau.fi/util/dbutil/litestream",
	},
	"tocsin/bots/mail": {"tocsin/storage", "tocsin/scheduler", "tocsin/bots/console", "tocsin/core/flows"},
	"tocsin/bots/web":  {"tocsin/storage", "tocsin/scheduler", "tocsin/bots/console", "tocsin/bots/mail", "tocsin/bots/telegram", "tocsin/core/flows"},
}

// inner are what nothing in core may need: a network, a database, a platform.
var inner = []string{
	"database/sql", "net/http", "os/exec", "github.com/uptrace/bun", "github.com/go-telegram-bot-api",
	"maunium.net/go/mautrix", "github.com/robfig/cron", "tocsin/bots", "tocsin/storage", "tocsin/scheduler", "tocsin/cmd",
}

func TestArrowsPointInward(t *testing.T) {
	t.Parallel()
	for folder, forbidden := range arrows {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			out, err := exec.Command("go", "list", "-deps", folder).Output()
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(folder, "tocsin/core") {
				forbidden = append(append([]string{}, forbidden...), inner...)
			}
			for _, dep := range strings.Fields(string(out)) {
				for _, no := range forbidden {
					exact := no == "tocsin/core" || no == "database/sql" || no == "net/http" || no == "os/exec"
					if dep == no && dep != folder || !exact && strings.HasPrefix(dep, no+"/") {
						t.Errorf("%s needs %s", folder, dep)
					}
				}
			}
		})
	}
}
