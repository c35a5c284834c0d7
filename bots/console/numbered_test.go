package console_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/bots/console"
	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/geo"
)

// handler is a core.Handler.
type handler func(context.Context, *core.Update) error

func (h handler) Handle(ctx context.Context, u *core.Update) error { return h(ctx, u) }

// lines returns a queue for a handler, as the program has it.
func lines(h handler) *conversation.Queue {
	return &conversation.Queue{Handler: h, Workers: 4, Log: slog.New(slog.DiscardHandler)}
}

func TestNumberedLinesAreReported(t *testing.T) {
	t.Parallel()
	var out paper
	in := "7\thello\n" +
		"8\t/near Lyon\n" +
		"8\t/near Lyon\n" + // given twice
		"9\tfail\n" +
		"hello\n" + // not numbered
		"-1\thello\n" +
		"10\t@ada\t(location 48.85 2.35)\n" +
		"11\t@ada\n" + // a text: nothing follows the name
		"12\t@\thello\n" + // no name
		"13\t\n" +
		"14\tone\ttwo\n" +
		"15\ttorn"
	var got []core.Update
	queue := lines(func(_ context.Context, u *core.Update) error {
		got = append(got, *u)
		if u.Event == (core.Text{Body: "fail"}) {
			return &core.Error{Code: core.Unavailable}
		}
		return nil
	})
	queue.Workers = 1
	a := &console.Adapter{ID: "console:script", Chat: "main", Numbered: true, In: strings.NewReader(in), Out: &out}
	if err := a.Run(t.Context(), queue); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"ada": "10", "main": "7 8 8 9 11 13 14"}
	ids := map[string]string{}
	all := map[string]core.Event{}
	for _, u := range got {
		ids[u.Chat.Chat] = strings.TrimSpace(ids[u.Chat.Chat] + " " + u.ID)
		all[u.ID] = u.Event
		if u.Sender.ID != u.Chat.Chat || u.Chat.Bot != "console:script" {
			t.Errorf("update %s is of another chat or sender", u.ID)
		}
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Error(diff)
	}
	events := map[string]core.Event{
		"7": core.Text{Body: "hello"}, "8": core.Command{Name: "near", Arg: "Lyon"}, "9": core.Text{Body: "fail"},
		"10": core.Position{Point: geo.Point{Lat: 48.85, Lon: 2.35}},
		"11": core.Text{Body: "@ada"}, "13": core.Text{}, "14": core.Text{Body: "one two"},
	}
	if diff := cmp.Diff(events, all); diff != "" {
		t.Error(diff)
	}
	reports := map[string]string{}
	for _, piece := range out.written() {
		report, about, _ := strings.Cut(strings.TrimSuffix(piece, "\n"), "\t")
		reports[report] = strings.TrimSpace(reports[report] + " " + about)
	}
	reports["="] = strings.Replace(reports["="], "10 ", "", 1) // another chat: at any time
	if diff := cmp.Diff(map[string]string{"=": "7 8 8 11 13 14", "!": "9", "?": "5 6 9"}, reports); diff != "" {
		t.Error(diff)
	}
}

func TestNumberedMessagesAreOneLineEach(t *testing.T) {
	t.Parallel()
	var out paper
	a := &console.Adapter{ID: "console:terminal", Numbered: true, In: nobody(), Out: &out, Getenv: xterm}
	full := say("two\nlines\tand <b>\"quotes\"</b>\x00")
	full.Body[0].Style = "strong"
	full.Pin = &core.Pin{Point: geo.Point{Lat: 1.5, Lon: 2}, Title: "Here"}
	other := delivery("k2", say("hello"))
	other.To.Chat = "ada"
	unsafe := delivery("k3", say("hello"))
	unsafe.To.Chat = "a\tb"
	for _, d := range []core.Delivery{delivery("k1", full), other} {
		if _, err := a.Send(t.Context(), d); err != nil {
			t.Error(err)
		}
	}
	if _, err := a.Send(t.Context(), unsafe); core.CodeOf(err) != core.Unreachable {
		t.Errorf("Send = %v to a chat that no line can name, want Unreachable", err)
	}
	fmt.Fprint(a.Screen(), "a letter\nof two lines\n")
	want := `k1	"two\nlines\tand <b>\"quotes\"</b>\nHere geo:1.5,2"` + "\n" +
		`k2	@ada	"hello"` + "\n" + "#\ta letter\n#\tof two lines\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	if can := a.Capabilities(); !can.SendsOnce {
		t.Error("a numbered adapter does not say that it sends once")
	}
}

func TestScriptIsNeverTakenForAFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var in strings.Builder
		const n = 100
		for i := range n {
			fmt.Fprintf(&in, "%d\thello\n", i)
		}
		count := 0
		queue := lines(func(context.Context, *core.Update) error {
			time.Sleep(time.Second) // in which all is read that may be read
			count++
			return nil
		})
		var out paper
		a := &console.Adapter{ID: "console:script", Numbered: true, In: strings.NewReader(in.String()), Out: &out}
		if err := a.Run(t.Context(), queue); err != nil {
			t.Fatal(err)
		}
		if count != n || queue.Dropped() != 0 {
			t.Errorf("%d lines were handled and %d dropped, want %d and 0", count, queue.Dropped(), n)
		}
		for i, piece := range out.written() {
			if want := fmt.Sprintf("=\t%d\n", i); piece != want {
				t.Fatalf("report %d is %q, want %q", i, piece, want)
			}
		}
	})
}

func TestRunFailsWhenNobodyHearsWhatHasComeOfALine(t *testing.T) {
	t.Parallel()
	out := &paper{broken: closed}
	in, typed := io.Pipe()
	go io.WriteString(typed, "1\thello\n") // and the input stays open
	queue, got := events()
	a := &console.Adapter{ID: "console:script", Numbered: true, In: in, Out: out}
	if err := a.Run(t.Context(), queue); core.CodeOf(err) != core.Unavailable || len(got()) != 1 {
		t.Errorf("Run = %v after %d events, want Unavailable after 1", err, len(got()))
	}
}

func TestLineIsReportedThoughTheProgramEnds(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	in, typed := io.Pipe()
	go io.WriteString(typed, "1\thello\n")
	queue := desk(func(context.Context, *core.Update) error { stop(); return nil })
	var out paper
	a := &console.Adapter{ID: "console:script", Numbered: true, In: in, Out: &out}
	if err := a.Run(ctx, queue); err != nil {
		t.Error(err)
	}
	if out.String() != "=\t1\n" {
		t.Errorf("got %q, want the report of line 1", out.String())
	}
}
