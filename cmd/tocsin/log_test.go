package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"tocsin/core"
	"tocsin/core/geo"
)

// person is a value that nobody thought of.
type person struct{ Name string }

func TestTheLogShowsWhatIsSafeAlone(t *testing.T) {
	t.Parallel()
	call := &url.Error{Op: "Post", URL: "https://api.example/bottoken-hidden/send", Err: errors.New("refused")}
	hidden := []any{
		"address", core.Address("hidden@exemple.fr"), "code", core.Code8("12345678hidden"),
		"chat", core.ChatRef{Bot: "matrix:@hidden", Chat: "hidden"}, "account", core.AccountRef{ID: "hidden"},
		"fingerprint", core.Fingerprint([]byte(strings.Repeat("hidden..", 4))), "point", geo.Point{Lat: 45.757},
		"person", person{"hidden"}, "pointer", &person{"hidden"}, "list", []string{"hidden"}, "map", map[string]string{"a": "hidden"},
		"bytes", []byte("hidden"), "secret", Secret("hidden"), "message", &core.Message{Body: []core.Span{{Text: "hidden"}}},
		slog.Group("group", "person", person{"hidden"}, "call", call), "call", call,
		"wrapped", core.Wrap(core.Unavailable, fmt.Errorf("try: %w", call), "bots: send"),
		"joined", errors.Join(errors.New("first"), call),
	}
	shown := []any{
		"code", core.Unavailable, "job", core.JobName("retention"), "platform", core.Telegram, "task", core.TaskName("code.letter"),
		"lane", core.Talk, "message", core.OutgoingID(42), "n", 7, "ok", true, "text", "plain", "err", errors.New("storage: read"),
		"kept", core.Wrap(core.Unavailable, fmt.Errorf("try: %w", call), "bots: send"),
	}
	for _, format := range []string{"text", "json"} {
		var out strings.Builder
		log := newLog(&out, format, slog.LevelInfo)
		log.Info("hidden things", hidden...)
		if said := strings.Replace(out.String(), "hidden things", "", 1); strings.Contains(said, "hidden") ||
			strings.Contains(said, "45.7") || strings.Contains(said, "aGlkZGVu") || strings.Contains(said, "104 105") {
			t.Errorf("%s: %s", format, said)
		}
		if !strings.Contains(out.String(), "[main.person]") {
			t.Errorf("%s: a value is gone without a word: %s", format, &out)
		}
		out.Reset()
		log.With("with", core.RateLimited).Warn("shown things", shown...)
		for _, want := range []string{"unavailable", "retention", "telegram", "code.letter", "42", "plain", "storage: read",
			"rate_limited", "bots: send: try: Post: refused", "WARN"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: %q is not in %s", format, want, &out)
			}
		}
		log.Debug("too much")
		if strings.Contains(out.String(), "too much") {
			t.Error("the level is not kept")
		}
	}
}
