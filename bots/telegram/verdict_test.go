package telegram

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
)

// verdicts are the refusals of Telegram's own server, word for word, with what each
// says for certain (tdlib/telegram-bot-api and tdlib/td).
var verdicts = []struct {
	code int
	text string
	kind faultKind
}{
	{403, "Forbidden: bot was blocked by the user", blocked},
	{403, "Forbidden: user is deactivated", deactivated},
	{403, "Forbidden: bot can't initiate conversation with a user", neverStarted},
	{403, "Forbidden: the bot can't send messages to the bot", blocked},
	{403, "Forbidden: bot was kicked from the group chat", notMember},
	{403, "Forbidden: bot was kicked from the supergroup chat", notMember},
	{403, "Forbidden: bot was kicked from the channel chat", notMember},
	{403, "Forbidden: bot is not a member of the group chat", notMember},
	{403, "Forbidden: bot is not a member of the supergroup chat", notMember},
	{403, "Forbidden: bot is not a member of the channel chat", notMember},
	{403, "Forbidden: the group chat was deleted", notMember},
	{400, "Bad Request: chat not found", chatNotFound},
	{400, "Bad Request: private chat not found", chatNotFound},
	{400, "Bad Request: message thread not found", chatNotFound},
	{400, "Bad Request: group chat was upgraded to a supergroup chat", migrated},
	{400, "Bad Request: chat_id is empty", badContent},
	{400, "Bad Request: message text is empty", badContent},
	{400, "Bad Request: text is too long", badContent},
	{400, "Bad Request: message is too long", badContent},
	{400, "Bad Request: message caption is too long", badContent},
	{400, `Bad Request: can't parse entities: Unsupported start tag "foo" at byte offset 0`, badMarkup},
	{400, `Bad Request: can't parse entities: Unmatched end tag at byte offset 7, expected "</b>", found "</i>"`, badMarkup},
	{400, `Bad Request: can't parse entities: Can't find end tag corresponding to start tag "b"`, badMarkup},
	{400, "Bad Request: can't parse entities: Unexpected end tag at byte offset 3", badMarkup},
	{400, "Bad Request: can't parse entities: Unclosed start tag at byte offset 9", badMarkup},
	{400, "Bad Request: can't parse reply keyboard markup JSON object", badContent},
	{400, "Bad Request: object expected as reply markup", badContent},
	{400, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard", badContent},
	{400, "Bad Request: BUTTON_DATA_INVALID", badContent},
	{400, "Bad Request: reply markup is too long", badContent},
	{400, "Bad Request: keyboard button text must be non-empty", badContent},
	{400, "Bad Request: latitude is empty", badContent},
	{400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message", notModified},
	{400, "Bad Request: message to edit not found", messageGone},
	{400, "Bad Request: message identifier is not specified", messageGone},
	{400, "Bad Request: message can't be edited", messageFixed},
	{400, "Bad Request: there is no text in the message to edit", messageOther},
	{400, "Bad Request: message to delete not found", messageGone},
	{400, "Bad Request: message can't be deleted", messageFixed},
	{400, "Bad Request: message to be replied not found", badContent},
	{400, "Bad Request: query is too old and response timeout expired or query ID is invalid", queryTooOld},
	{400, "Bad Request: wrong file identifier/HTTP URL specified", fileGone},
	{400, "Bad Request: file is too big", badContent},
	{400, "Bad Request: IMAGE_PROCESS_FAILED", badPhoto},
	{400, "Bad Request: PHOTO_INVALID_DIMENSIONS", badPhoto},
	{400, "BAD REQUEST: CHAT NOT FOUND", chatNotFound},
	{401, "Unauthorized", unauthorized},
	{401, "Unauthorized: invalid token specified", unauthorized},
	{404, "Not Found", unauthorized},
	{404, "Not Found: method not found", badContent},
	{409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", polledTwice},
	{409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first", hooked},
	{413, "Request Entity Too Large", tooLarge},
	{429, "Too Many Requests: retry after 7", rateLimited},
	{500, "Internal Server Error: restart", serverFault},
	{502, "Bad Gateway", serverFault},
}

// outcomes say what the dispatcher is told of each.
var outcomes = map[faultKind]core.Code{
	rateLimited: core.RateLimited,
	blocked:     core.Unreachable, deactivated: core.Unreachable, neverStarted: core.Unreachable, notMember: core.Unreachable, chatNotFound: core.Unreachable,
	migrated: core.Unavailable, serverFault: core.Unavailable, notSent: core.Unavailable, unauthorized: core.Unavailable,
	unknown: core.Uncertain,
}

// ways are the two ways of the library to make a call. The error of an upload has no
// code of its own.
var ways = map[string]func(context.Context, *client, string) error{
	"MakeRequest": func(ctx context.Context, k *client, chat string) error {
		return k.call(ctx, sendMessage, params{"chat_id": chat, "text": "x"}, &sent{})
	},
	"UploadFiles": func(ctx context.Context, k *client, chat string) error {
		return k.upload(ctx, sendDocument, params{"chat_id": chat}, upload{"document", "a.txt", []byte("a")}, &sent{})
	},
}

// nobody is a chat that there is not.
const nobody = "1"

// connect returns a client of a server.
func connect(t *testing.T, server *telegramtest.Server) *client {
	t.Helper()
	k := newClient(Config{Token: server.Bot().Token, API: server.URL()})
	t.Cleanup(k.http.CloseIdleConnections)
	return k
}

func TestEveryRefusalOfTheServerHasItsVerdict(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	k := connect(t, server)
	for way, call := range ways {
		for _, v := range verdicts {
			server.Heal()
			server.Plan(telegramtest.Fault{Kind: telegramtest.Refused, Code: v.code, Text: v.text})
			err := call(t.Context(), k, nobody)
			means := outcomes[v.kind]
			if means == "" {
				means = core.Invalid
			}
			if kindOf(err) != v.kind || core.CodeOf(asError(err, "telegram: send")) != means {
				t.Errorf("%s, %q: %q and %q, want %q and %q", way, v.text, kindOf(err), core.CodeOf(asError(err, "x")), v.kind, means)
			}
		}
	}
}

func TestA429IsReadFromBothKindsOfCalls(t *testing.T) {
	t.Parallel()
	for way, call := range ways {
		server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
		server.Plan(telegramtest.Fault{Kind: telegramtest.Limited, After: 10_072})
		if err := call(t.Context(), connect(t, server), nobody); kindOf(err) != rateLimited || afterOf(err) != 10_072*time.Second {
			t.Errorf("%s: %v, after %s", way, err, afterOf(err))
		}
	}
}

// What happened to a call that had no answer is said as exactly as it is known: it never
// left, the server refused it, or nobody knows.
func TestTroubleOnTheWaySaysWhatIsCertain(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	for _, tt := range []struct {
		fault telegramtest.Fault
		kind  faultKind // "": it went well
	}{
		{telegramtest.Fault{Kind: telegramtest.ResetBefore}, unknown},
		{telegramtest.Fault{Kind: telegramtest.ResetAfter}, unknown},
		{telegramtest.Fault{Kind: telegramtest.Truncated}, unknown},
		{telegramtest.Fault{Kind: telegramtest.SlowHeaders, Wait: time.Hour}, unknown},
		{telegramtest.Fault{Kind: telegramtest.SlowBody, Wait: time.Hour}, unknown},
		{telegramtest.Fault{Kind: telegramtest.BadGateway}, unknown},
		{telegramtest.Fault{Kind: telegramtest.EmptyAnswer}, unknown},
		{telegramtest.Fault{Kind: telegramtest.Huge, Size: mostBytes + 1000}, unknown},
		{telegramtest.Fault{Kind: telegramtest.Huge, Size: mostBytes / 2}, ""},
		{telegramtest.Fault{Kind: telegramtest.Gzipped}, ""},
		{telegramtest.Fault{Kind: telegramtest.Restart}, serverFault},
		{telegramtest.Fault{Kind: telegramtest.Redirected, URL: other.URL}, serverFault},
	} {
		for way, call := range ways {
			server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
			person := server.User("Anna", "fr")
			person.Met()
			server.Plan(tt.fault)
			k := connect(t, server)
			limit := 5 * time.Second
			if tt.fault.Wait > 0 {
				limit = 100 * time.Millisecond
			}
			ctx, stop := context.WithTimeout(t.Context(), limit)
			err := call(ctx, k, strconv.FormatInt(person.ID, 10))
			stop()
			if kindOf(err) != tt.kind {
				t.Errorf("%s, %s: %v, want %s", way, tt.fault.Kind, err, tt.kind)
			}
			if err != nil && strings.Contains(err.Error(), server.Bot().Token) {
				t.Errorf("%s, %s: the error holds the token", way, tt.fault.Kind)
			}
		}
	}
	if elsewhere.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestWhatNeverLeftIsCertainlyNotSent(t *testing.T) {
	t.Parallel()
	down := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	down.Down()
	strange := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real, TLS: true}) // nobody vouches for it
	for way, call := range ways {
		for what, server := range map[string]*telegramtest.Server{"refused connection": down, "unknown certificate": strange} {
			if err := call(t.Context(), connect(t, server), nobody); kindOf(err) != notSent {
				t.Errorf("%s, %s: %v", way, what, err)
			}
		}
	}
	if n := len(strange.Calls("")); n != 0 {
		t.Errorf("%d calls reached a server that nobody vouches for", n)
	}
}

func TestConnectionsAreAsCarefulAsTheySay(t *testing.T) {
	t.Parallel()
	k := newClient(Config{Token: "4711:abcdefghijklmnop", API: Home})
	transport := k.http.Transport.(*http.Transport)
	if transport.TLSClientConfig.MinVersion < 0x0303 || transport.Proxy == nil || k.http.Timeout != 0 {
		t.Error("TLS below 1.2, no proxy, or a deadline for all calls alike")
	}
}
