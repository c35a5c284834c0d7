package telegram_test

import (
	"context"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tocsin/bots/telegram"
	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
	"tocsin/core/geo"
)

// emitted are the methods that the adapter calls, each with all parameters that it has
// ever sent.
const emitted = `
answerCallbackQuery: callback_query_id
deleteMessage: chat_id message_id
deleteWebhook: drop_pending_updates
editMessageText: chat_id link_preview_options message_id parse_mode reply_markup text
getChatAdministrators: chat_id
getChatMenuButton:
getMe:
getMyCommands: language_code scope
getMyDescription: language_code
getMyShortDescription: language_code
getUpdates: allowed_updates limit offset timeout
getWebhookInfo:
sendDocument: chat_id disable_notification document message_thread_id
sendLocation: chat_id disable_notification latitude longitude message_thread_id
sendMessage: chat_id disable_notification link_preview_options message_thread_id parse_mode reply_markup text
sendPhoto: caption chat_id disable_notification message_thread_id parse_mode photo reply_markup
sendVenue: address chat_id disable_notification latitude longitude message_thread_id title
setChatMenuButton: menu_button
setMyCommands: commands language_code scope
setMyDescription: description language_code
setMyShortDescription: language_code short_description
setWebhook: allowed_updates drop_pending_updates secret_token url
`

// asked is the one list of updates that we ask for.
const asked = `["message","edited_message","callback_query","my_chat_member"]`

// exercise has the adapter do everything that it can do.
func exercise(t *testing.T) []telegramtest.Call {
	server := telegramtest.New(t, telegramtest.Options{
		Clock:       telegramtest.Real,
		WebhookDial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("nobody is there") },
	})
	exerciseSends(t, postTo(t, server, nil))
	hooked := postTo(t, server, nil)
	if err := hooked.adapter.ByWebhook(&telegram.Webhook{URL: "https://bot.example.org", Secret: hookSecret}); err != nil {
		t.Fatal(err)
	}
	run(t, hooked, func(channelled) { server.WaitCalls(t, "setWebhook", 1) })
	polling := postTo(t, server, nil) // it finds the webhook of the other
	polling.adapter.Profile = telegram.SomePages
	run(t, polling, func(in channelled) {
		server.WaitCalls(t, "setChatMenuButton", 1)
		ada := server.User("Ada", "fr")
		ada.Start("")
		<-in
		polling.send(polling.to(ada, offering("?", "Oui")))
		ada.Tap(ada.Last(), "Oui").Answer(t)
		<-in
		group := server.Supergroup("Lyon 3e")
		group.Met(server.Bot())
		ada.In(group).Send("/follow@" + server.Bot().Username)
		server.WaitCalls(t, "getChatAdministrators", 1)
		server.WaitCalls(t, "getUpdates", 3)
	})
	return server.Calls("")
}

// run runs an adapter as long as fn takes.
func run(t *testing.T, p *post, fn func(channelled)) {
	t.Helper()
	in := make(channelled, 100)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.adapter.Run(ctx, in) }()
	fn(in)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// exerciseSends sends one of everything to a topic of a forum, and what exists only
// there in a private chat.
func exerciseSends(t *testing.T, p *post) {
	forum := p.server.Forum("Lyon")
	forum.Add(p.server.Bot())
	thread := strconv.Itoa(forum.Topic("Samedi"))
	pin := &core.Pin{Point: geo.Point{Lat: 45.76, Lon: 4.83}, Title: "Place Bellecour"}
	all := offering("Samedi", "Oui", "Non")
	all.Pin, all.File = pin, &core.Attachment{Name: "a.ics", MIME: "text/calendar", Data: []byte("BEGIN")}
	shownOff := picture("Dimanche", 64, 48)
	shownOff.Menu, shownOff.Buttons = "abcdefghijklmnop", []core.Button{{Label: "Oui"}}
	for _, m := range []*core.Message{all, shownOff, shownOff, {Pin: &core.Pin{Point: pin.Point}}} {
		d := core.Delivery{
			Key: core.SendKey(strconv.Itoa(len(p.server.Calls("")))), Kind: core.Group, Lane: core.Notice, Content: m,
			To: core.ChatRef{Bot: p.adapter.Bot(), Chat: strconv.FormatInt(forum.ID, 10), Thread: thread},
		}
		p.send(d)
	}
	anna := p.person("Anna")
	asking := offering("Où ?", "Passer")
	asking.AskHere, asking.Here = true, "Ici"
	p.send(p.to(anna, asking))
	end := words("Merci")
	end.Unask = true
	r := p.send(p.to(anna, end))
	p.send(p.to(anna, &core.Edit{Message: offering("Merci !", "Suite"), Parts: r}))
	p.send(p.to(anna, &core.Redact{Parts: r}))
}

// A table says of methods which parameters they have, of which types, and which are
// required.
type table map[string]map[string]field

type field struct {
	types    []string // nil: unknown
	required bool
}

// fields reads the tables of the Bot API in the file that TELEGRAM_API_TABLES names, or
// else the names that telegramtest goes by.
func fields(t *testing.T) table {
	t.Helper()
	all := table{}
	if name := os.Getenv("TELEGRAM_API_TABLES"); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var official struct {
			Methods map[string]map[string][2]json.RawMessage
		}
		if err := json.Unmarshal(text, &official); err != nil {
			t.Fatal(err)
		}
		for method, params := range official.Methods {
			all[method] = map[string]field{}
			for name, about := range params {
				var f field
				if json.Unmarshal(about[0], &f.types) != nil || json.Unmarshal(about[1], &f.required) != nil {
					t.Fatal("the tables are of another form")
				}
				all[method][name] = f
			}
		}
		return all
	}
	text, err := os.ReadFile("telegramtest/api.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		method, params, _ := strings.Cut(strings.TrimSpace(line), ":")
		all[method] = map[string]field{}
		for name := range strings.FieldsSeq(params) {
			bare, required := strings.CutSuffix(name, "!")
			all[method][bare] = field{required: required}
		}
	}
	return all
}

// fits reports whether a value is of one of a field's types.
func (f field) fits(value string) bool {
	for _, kind := range f.types {
		err := error(nil)
		switch kind {
		case "Integer":
			_, err = strconv.ParseInt(value, 10, 64)
		case "Float":
			_, err = strconv.ParseFloat(value, 64)
		case "Boolean":
			_, err = strconv.ParseBool(value)
		case "String", "InputFile":
		default: // an object or a list of them
			if !json.Valid([]byte(value)) {
				err = errors.New("no JSON")
			}
		}
		if err == nil {
			return true
		}
	}
	return f.types == nil
}

func TestEveryParameterIsOneOfTheBotAPI(t *testing.T) {
	t.Parallel()
	calls, tables := exercise(t), fields(t)
	seen := map[string]map[string]bool{}
	for _, c := range calls {
		if seen[c.Method] == nil {
			seen[c.Method] = map[string]bool{}
		}
		given := maps.Clone(c.Params)
		for name := range c.Files {
			given[name] = name
		}
		for name, value := range given {
			seen[c.Method][name] = true
			if f, known := tables[c.Method][name]; !known || !f.fits(value) {
				t.Errorf("%s has no parameter %s that may be %q", c.Method, name, value)
			}
		}
		for name, f := range tables[c.Method] {
			if _, is := given[name]; f.required && !is {
				t.Errorf("%s lacks %s", c.Method, name)
			}
		}
		if _, is := tables[c.Method]["allowed_updates"]; is && given["allowed_updates"] != asked {
			t.Errorf("%s asks for the updates %s", c.Method, given["allowed_updates"])
		}
	}
	var got strings.Builder
	for _, method := range slices.Sorted(maps.Keys(seen)) {
		got.WriteString("\n" + strings.TrimSpace(method+": "+strings.Join(slices.Sorted(maps.Keys(seen[method])), " ")))
	}
	if got.String()+"\n" != emitted {
		t.Errorf("emitted was%s\nwant%s", got.String(), emitted)
	}
	for _, method := range named(t) {
		if seen[method] == nil {
			t.Errorf("%s is never called", method)
		}
	}
}

// named returns the methods that method.go names.
func named(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "method.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, is := n.(*ast.ValueSpec)
		if is && len(spec.Values) == 1 {
			if lit, is := spec.Values[0].(*ast.BasicLit); is {
				name, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				names = append(names, name)
			}
		}
		return true
	})
	if len(names) < 20 {
		t.Fatalf("method.go names only %q", names)
	}
	return names
}
