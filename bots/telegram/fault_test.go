package telegram

import (
	"net/http"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"tocsin/core"
)

func TestAnAnswerWithoutACodeHasThatOfItsStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]faultKind{http.StatusForbidden: notMember, http.StatusUnauthorized: unauthorized, http.StatusInternalServerError: serverFault} {
		if f := refusal(&tgbotapi.APIResponse{}, status); f.kind != want {
			t.Errorf("%d is %s, want %s", status, f.kind, want)
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
