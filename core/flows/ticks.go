package flows

import (
	"strings"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// What the pages of the settings share: ticks, the way back, the person's clock.

// backTo is the button that leads to a page; "" is the first.
func backTo(t *conversation.Turn, page string) core.Button {
	return t.Button("settings.back", "settings.open", page)
}

// ticked returns a button that shows whether its choice is made: by a tick, or in text
// mode in words.
func ticked(t *conversation.Turn, label string, is core.Switch, do core.Do) core.Button {
	key := locale.Key("settings.on")
	switch {
	case t.Plain && is == core.Off:
		key = "settings.off"
	case !t.Plain && is == core.Off:
		return core.Button{Label: label, Do: do}
	case !t.Plain:
		key = "settings.ticked"
	}
	return core.Button{Label: t.Language.Text(key, locale.Args{"Label": locale.Raw(label)}), Do: do}
}

// turned says, for a button, that one choice among several is turned round.
func turned(one string, is core.Switch) string {
	if is {
		return one + " off"
	}
	return one + " on"
}

// switchOf reads what turned wrote.
func switchOf(arg string) (one string, to core.Switch) {
	one, word, _ := strings.Cut(arg, " ")
	return one, word == "on"
}

// ownClock returns a time on the clock of the person who speaks.
func ownClock(t *conversation.Turn, at time.Time) time.Time {
	loc, err := time.LoadLocation(t.Supporter.Zone)
	if err != nil {
		return at.UTC()
	}
	return at.In(loc)
}
