package matrix

import (
	"net/http"
	"testing"
	"time"

	"maunium.net/go/mautrix"

	"tocsin/core"
)

func TestAnAnswerOfTheServerHasItsVerdict(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		code   string
		want   core.Code
	}{
		{http.StatusForbidden, "M_FORBIDDEN", core.Unreachable},
		{http.StatusNotFound, "M_NOT_FOUND", core.Unreachable},
		{http.StatusRequestEntityTooLarge, "M_TOO_LARGE", core.Invalid},
		{http.StatusBadRequest, "M_BAD_JSON", core.Invalid},
		{http.StatusUnauthorized, "M_UNKNOWN_TOKEN", core.Unavailable},
		{http.StatusForbidden, "M_USER_DEACTIVATED", core.Forbidden},
		{http.StatusTooManyRequests, "M_LIMIT_EXCEEDED", core.RateLimited},
		{http.StatusServiceUnavailable, "", core.Unavailable},
		{http.StatusInternalServerError, "M_UNKNOWN", core.Uncertain},
		{http.StatusBadGateway, "", core.Uncertain},
		{http.StatusGatewayTimeout, "", core.Uncertain},
	} {
		answer := mautrix.HTTPError{Response: &http.Response{StatusCode: c.status}}
		if c.code != "" {
			answer.RespError = &mautrix.RespError{ErrCode: c.code}
		}
		if got := core.CodeOf(asError(judge(answer, true), "test")); got != c.want {
			t.Errorf("%d %s is %s, want %s", c.status, c.code, got, c.want)
		}
	}
}

// The header wins over the older field; a server that says neither is given time.
func TestALimitLastsAsLongAsTheServerSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header string
		body   any
		want   time.Duration
	}{
		{"7", 500.0, 7 * time.Second},
		{"", 2500.0, 2500 * time.Millisecond},
		{"", 20.0, time.Second},
		{"soon", 3000.0, 3 * time.Second},
		{"", nil, usualWait},
		{"", "3000", usualWait},
	} {
		answer := mautrix.HTTPError{
			Response:  &http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {c.header}}},
			RespError: &mautrix.RespError{ErrCode: "M_LIMIT_EXCEEDED", ExtraData: map[string]any{"retry_after_ms": c.body}},
		}
		if got := core.AfterOf(asError(judge(answer, true), "test")); got != c.want {
			t.Errorf("%q, %v: %v, want %v", c.header, c.body, got, c.want)
		}
	}
	date := time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	answer := mautrix.HTTPError{Response: &http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {date}}}}
	if got, _ := waitOf(answer); got < 59*time.Minute || got > time.Hour {
		t.Errorf("until a date an hour away: %v", got)
	}
}
