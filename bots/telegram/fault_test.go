package telegram

import (
	"net/http"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"tocsin/core"
)

func TestEveryRefusalIsUnderstood(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code        int
		description string
		kind        faultKind
		means       core.Code
	}{
		{403, "Forbidden: bot was blocked by the user", blocked, core.Unreachable},
		{403, "Forbidden: user is deactivated", deactivated, core.Unreachable},
		{403, "Forbidden: bot can't initiate conversation with a user", neverStarted, core.Unreachable},
		{403, "Forbidden: bot was kicked from the supergroup chat", notMember, core.Unreachable},
		{403, "Forbidden: bot is not a member of the channel chat", notMember, core.Unreachable},
		{403, "Forbidden: the group chat was deleted", notMember, core.Unreachable},
		{400, "Bad Request: chat not found", chatNotFound, core.Unreachable},
		{400, "Bad Request: CHAT NOT FOUND", chatNotFound, core.Unreachable},
		{400, "Bad Request: message is not modified: specified new message content", notModified, core.Invalid},
		{400, "Bad Request: message to edit not found", messageGone, core.Invalid},
		{400, "Bad Request: message can't be deleted", messageFixed, core.Invalid},
		{400, "Bad Request: query is too old and response timeout expired or query ID is invalid", queryTooOld, core.Invalid},
		{400, "Bad Request: can't parse entities: Unexpected end tag at byte offset 3", badMarkup, core.Invalid},
		{400, "Bad Request: message is too long", badContent, core.Invalid},
		{400, "Bad Request: BUTTON_DATA_INVALID", badContent, core.Invalid},
		{401, "Unauthorized", unauthorized, core.Unavailable},
		{404, "Not Found", unauthorized, core.Unavailable},
		{409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", polledTwice, core.Invalid},
		{409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first", hooked, core.Invalid},
		{413, "Request Entity Too Large", tooLarge, core.Invalid},
		{500, "Internal Server Error: restart", serverFault, core.Unavailable},
	} {
		// An upload's own error has no code: that of the answer or the status counts.
		for _, answer := range []*tgbotapi.APIResponse{
			{ErrorCode: tt.code, Description: tt.description}, {Description: tt.description},
		} {
			f := refusal(answer, tt.code)
			if f.kind != tt.kind || core.CodeOf(asError(f, "telegram: send")) != tt.means {
				t.Errorf("%q is %q and %q, want %q and %q", tt.description, f.kind, core.CodeOf(asError(f, "x")), tt.kind, tt.means)
			}
		}
	}
}

func TestA429SaysHowLongAndAMigrationWhere(t *testing.T) {
	t.Parallel()
	f := refusal(&tgbotapi.APIResponse{
		ErrorCode: http.StatusTooManyRequests, Description: "Too Many Requests: retry after 10072",
		Parameters: &tgbotapi.ResponseParameters{RetryAfter: 10072},
	}, http.StatusTooManyRequests)
	if err := asError(f, "telegram: send"); core.CodeOf(err) != core.RateLimited || core.AfterOf(err) != 10072*time.Second {
		t.Errorf("got %v", err)
	}
	f = refusal(&tgbotapi.APIResponse{
		ErrorCode: 400, Description: "Bad Request: group chat was upgraded to a supergroup chat",
		Parameters: &tgbotapi.ResponseParameters{MigrateToChatID: -1001},
	}, 400)
	if f.kind != migrated || f.to != -1001 {
		t.Errorf("got %v to %d", f.kind, f.to)
	}
}
