package telegram_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tocsin/bots/telegram"
	"tocsin/core"
	"tocsin/core/geo"
)

// emulating runs the emulator until its input ends.
const emulating = `
const TelegramServer = require(process.argv[1]);
const server = new TelegramServer({ host: '127.0.0.1', port: Number(process.argv[2]) });
server.start().then(() => console.log('started'));
process.stdin.on('end', () => process.exit(0)).resume();
`

// An emulator is the npm package telegram-test-api 4.2.1: a server that nobody of us
// wrote. It ignores offsets and timeouts, answers null where Telegram says what became
// of a call, and 500 to what it does not know.
type emulator struct {
	t   *testing.T
	url string // of the emulator
	api string // of a proxy before it, which counts

	called chan struct{} // something was called
	mu     sync.Mutex
	calls  map[string]int
}

// emulate starts the emulator that is installed in the folder TELEGRAM_TEST_API. Without
// one the test is skipped, but fails where CI is set.
func emulate(t *testing.T) *emulator {
	t.Helper()
	folder := filepath.Join(os.Getenv("TELEGRAM_TEST_API"), "node_modules", "telegram-test-api")
	node, err := exec.LookPath("node")
	if _, missing := os.Stat(folder); os.Getenv("TELEGRAM_TEST_API") == "" || missing != nil || err != nil {
		const why = "no node, or TELEGRAM_TEST_API names no folder with the npm package telegram-test-api 4.2.1; .ci/run installs it"
		if os.Getenv("CI") != "" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	_ = free.Close()
	program := exec.Command(node, "-e", emulating, folder, port)
	in, err := program.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var trouble bytes.Buffer
	program.Stderr = &trouble
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	end := sync.OnceFunc(func() { _ = in.Close(); _ = program.Wait() })
	t.Cleanup(end)
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "started\n" {
		end()
		t.Fatalf("the emulator says %q, %v: %s", line, err, &trouble)
	}
	e := &emulator{t: t, url: "http://127.0.0.1:" + port, calls: map[string]int{}, called: make(chan struct{}, 1)}
	to, err := url.Parse(e.url)
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(to)
	forward.ErrorLog = log.New(io.Discard, "", 0) // of the poll that the end breaks off
	counting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		e.calls[path.Base(r.URL.Path)]++
		e.mu.Unlock()
		forward.ServeHTTP(w, r)
		select {
		case e.called <- struct{}{}:
		default:
		}
	}))
	t.Cleanup(counting.Close)
	e.api = counting.URL
	return e
}

func (e *emulator) count(method string) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.calls[method]
}

// Who talks to the bot through the emulator, and with which token.
const emulated = "4711:abcdefghijklmnop"

// post has the emulator do something in the name of a person.
func (e *emulator) post(what string, body map[string]any) json.RawMessage {
	e.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		e.t.Fatal(err)
	}
	resp, err := http.Post(e.url+"/"+what, "application/json", bytes.NewReader(text))
	if err != nil {
		e.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		e.t.Fatalf("%s: %d %s", what, resp.StatusCode, answer)
	}
	var result struct{ Result json.RawMessage }
	if err := json.Unmarshal(answer, &result); err != nil {
		e.t.Fatal(err)
	}
	return result.Result
}

// said is a message of a person, with what kinds of updates have besides.
func said(text string, more map[string]any) map[string]any {
	person := map[string]any{"id": 5, "is_bot": false, "first_name": "Anna", "language_code": "fr"}
	m := map[string]any{
		"botToken": emulated, "from": person, "chat": map[string]any{"id": 5, "type": "private", "first_name": "Anna"},
		"date": time.Now().Unix(), "text": text,
	}
	for name, value := range more {
		m[name] = value
	}
	return m
}

// sees waits until the bot's last message in the chat is want, and returns its id.
func (e *emulator) sees(want string) int {
	e.t.Helper()
	var id int
	e.wait(want, func() (last string) { id, last = e.last(); return last })
	return id
}

// wait waits until now returns want; it is asked again after each call of the bot.
func (e *emulator) wait(want string, now func() string) {
	e.t.Helper()
	late := time.After(10 * time.Second)
	for {
		got := now()
		if got == want {
			return
		}
		select {
		case <-e.called:
		case <-late:
			e.t.Fatalf("it is %q, want %q", got, want)
		}
	}
}

// last returns what the bot has written last, with its buttons, and its id.
func (e *emulator) last() (id int, shown string) {
	e.t.Helper()
	var all []struct {
		MessageID int
		Message   struct {
			ChatID string `json:"chat_id"` // "" if a person wrote it
			Text   string
			Markup struct {
				Rows [][]struct{ Text string } `json:"inline_keyboard"`
			} `json:"reply_markup"`
		}
	}
	if err := json.Unmarshal(e.post("getUpdatesHistory", map[string]any{"token": emulated}), &all); err != nil {
		e.t.Fatal(err)
	}
	for _, u := range all {
		if u.Message.ChatID == "" {
			continue
		}
		id, shown = u.MessageID, u.Message.Text
		for _, row := range u.Message.Markup.Rows {
			for _, b := range row {
				shown += " [" + b.Text + "]"
			}
		}
	}
	return id, shown
}

// An echo says what it hears, and has a menu.
type echo struct {
	t       *testing.T
	adapter *telegram.Adapter
	sends   int
	menu    core.Receipt
}

// Submit implements core.Queue.
func (e *echo) Submit(ctx context.Context, u *core.Update) <-chan error {
	done := make(chan error, 1)
	e.sends++
	d := core.Delivery{Key: core.SendKey(fmt.Sprint(e.sends)), To: u.Chat, Kind: u.Kind, Lane: core.Talk}
	switch event := u.Event.(type) {
	case core.Command:
		d.Content = offering("/"+event.Name+" "+event.Arg, "Oui", "Non")
	case core.Press:
		d.Content = &core.Edit{Message: offering("choix "+event.Token[len(event.Token)-1:], "Retour"), Parts: e.menu}
	case core.Text:
		d.Content = words("« " + event.Body + " »")
	}
	r, err := e.adapter.Send(ctx, d)
	if _, menu := u.Event.(core.Command); menu {
		e.menu = r
	}
	done <- err
	return done
}

// The bot answers, shows its menu and edits it on a server that somebody else wrote, and
// does not ask it without pause although it answers every poll at once.
func TestTheBotTalksThroughTheEmulatorOfSomebodyElse(t *testing.T) {
	t.Parallel()
	e := emulate(t)
	a, err := telegram.New(telegram.Config{Token: emulated, API: e.api})
	if err != nil {
		t.Fatal(err)
	}
	a.Profile = telegram.SomePages // which it answers with 500
	begun := time.Now()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- a.Run(ctx, &echo{t: t, adapter: a}) }()

	e.post("sendCommand", said("/start src_poster", map[string]any{"entities": []any{map[string]any{"type": "bot_command", "offset": 0, "length": 6}}}))
	menu := e.sees("/start src_poster [Oui] [Non]")
	e.post("sendMessage", said("Lyon <3e>", nil))
	e.sees("« Lyon &lt;3e&gt; »") // it reads no HTML
	e.post("sendCallback", map[string]any{
		"botToken": emulated, "from": said("", nil)["from"], "data": "abcdefghijklmnop.2", "message": said("", map[string]any{"message_id": menu}),
	})
	e.wait("1", func() string { return fmt.Sprint(e.count("editMessageText")) })
	if e.count("editMessageText") != 1 || e.count("answerCallbackQuery") != 1 || e.count("sendMessage") != 2 {
		t.Errorf("the calls were %v", e.calls)
	}
	chat := core.ChatRef{Bot: a.Bot(), Chat: "5"}
	pin := core.Delivery{Key: "pin", To: chat, Kind: core.Private, Lane: core.Talk, Content: &core.Message{Pin: &core.Pin{Point: geo.Point{Lat: 1, Lon: 2}, Title: "x"}}}
	if _, err := a.Send(ctx, pin); core.CodeOf(err) != core.Unavailable {
		t.Errorf("a method that it does not know: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	polls, most := e.count("getUpdates"), int(time.Since(begun)/time.Second)+8 // one each second, and those that brought something
	if polls > most || a.State() != telegram.Receiving {
		t.Errorf("%d polls, at most %d would do; %s", polls, most, a.State())
	}
}
