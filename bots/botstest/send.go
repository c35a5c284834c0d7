package botstest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"tocsin/core"
	"tocsin/core/geo"
)

func messagesAreShownInTheOrderSent(t *testing.T, w World) {
	begin(t, w, accept)
	var want, got []string
	p := w.People()[0]
	for i := range 5 {
		want = append(want, fmt.Sprintf("message %d", i))
		send(t, w, p, say(want[i]))
	}
	for _, s := range w.Shown(p) {
		got = append(got, s.Text)
	}
	if !slices.Equal(got, want) {
		t.Errorf("shown %q, want %q", got, want)
	}
}

func messagesSentSideBySideAreShownWhole(t *testing.T, w World) {
	begin(t, w, accept)
	var wg sync.WaitGroup
	want := map[Person][]string{}
	for i := range 12 {
		p := w.People()[i%len(w.People())]
		text := fmt.Sprintf("message %d %s.", i, strings.Repeat("and on ", 20))
		want[p] = append(want[p], text)
		d := to(w, p, say(text))
		wg.Go(func() {
			if _, err := w.Adapter().Send(t.Context(), d); err != nil {
				t.Errorf("Send: %v", err)
			}
		})
	}
	wg.Wait()
	for p, texts := range want {
		var got []string
		for _, s := range w.Shown(p) {
			got = append(got, s.Text)
		}
		slices.Sort(got)
		slices.Sort(texts)
		if !slices.Equal(got, texts) {
			t.Errorf("shown %q, want %q", got, texts)
		}
	}
}

func pinIsShown(t *testing.T, w World) {
	begin(t, w, accept)
	p := w.People()[0]
	pin := &core.Pin{Point: geo.Point{Lat: 45.7578, Lon: 4.832}, Title: "Place Bellecour, Lyon"}
	m := say("We meet here.")
	m.Pin = pin
	send(t, w, p, m)
	words, place := false, false
	for _, s := range w.Shown(p) {
		words = words || strings.Contains(s.Text, "We meet here.")
		written := strings.Contains(s.Text, pin.Title) && strings.Contains(s.Text, "45.7578") && strings.Contains(s.Text, "4.832")
		place = place || written || s.Pin != nil && s.Pin.Title == pin.Title && near(s.Pin.Point, pin.Point)
	}
	if !words || !place {
		t.Errorf("shown are the words: %v, the place: %v", words, place)
	}
}

func fileArrivesWithItsBytes(t *testing.T, w World) {
	if !w.Adapter().Capabilities().Files {
		t.Skip("the platform has no files")
	}
	begin(t, w, accept)
	p := w.People()[0]
	data := []byte("BEGIN:VCALENDAR\r\n")
	for i := range 2000 {
		data = append(data, byte(i))
	}
	m := say("For your calendar.")
	m.File = &core.Attachment{Name: "action.ics", MIME: "text/calendar", Data: data}
	send(t, w, p, m)
	words := false
	var file *File
	for _, s := range w.Shown(p) {
		words = words || strings.Contains(s.Text, "For your calendar.")
		if s.File != nil {
			file = s.File
		}
	}
	switch {
	case !words:
		t.Error("the words of the message are not shown")
	case file == nil:
		t.Error("no file is shown")
	case file.Name != "action.ics" || !bytes.Equal(file.Bytes, data):
		t.Errorf("the file is %q of %d bytes, or they differ", file.Name, len(file.Bytes))
	}
}

func sendsOnceUnderOneKey(t *testing.T, w World) {
	if !w.Adapter().Capabilities().SendsOnce {
		t.Skip("the platform cannot tell a repeat")
	}
	begin(t, w, accept)
	p := w.People()[0]
	again := to(w, p, say("only once"))
	unsure := to(w, p, say("only once"))
	if w.Fail(Fault{Kind: Delivered}) {
		if _, err := w.Adapter().Send(t.Context(), unsure); err == nil {
			t.Error("Send = nil though its answer was lost")
		}
		w.Mend()
	}
	for _, d := range []core.Delivery{again, again, unsure} {
		if _, err := w.Adapter().Send(t.Context(), d); err != nil {
			t.Fatalf("Send: %v", err)
		}
	}
	if got := w.Shown(p); len(got) != 2 {
		t.Errorf("two messages under two keys are shown %d times", len(got))
	}
}

// sendUnderAnEndedContextSaysWhatIsCertain sends when nobody waits any more: the
// message may be shown or not, but Send must tell the truth.
func sendUnderAnEndedContextSaysWhatIsCertain(t *testing.T, w World) {
	begin(t, w, accept)
	p := w.People()[0]
	d := to(w, p, say("too late"))
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := w.Adapter().Send(ctx, d)
	shown := len(w.Shown(p))
	switch code := core.CodeOf(err); {
	case code == core.Uncertain:
	case code == "" && shown != 1:
		t.Errorf("Send = nil, but %d messages are shown", shown)
	case code != "" && code != core.Unavailable:
		t.Errorf("Send = %v, want Unavailable or Uncertain", err)
	case code != "" && shown != 0:
		t.Errorf("Send = %v, but the message is shown", err)
	}
}
