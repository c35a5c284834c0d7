//go:build bench

package bench

import (
	"slices"
	"strconv"
	"testing"
	"time"

	tgbotapi "github.com/go-telegram-bot-api/telegram-bot-api/v5"

	"tocsin/bots/telegram"
	"tocsin/bots/telegram/telegramtest"
	"tocsin/core"
	"tocsin/core/locale"
)

const telegramSend Name = "telegram/send"

const (
	sendRounds = 61
	roundSends = 100
)

// A send sends one message with two buttons.
type send func() error

// ourSend is that of the adapter.
func ourSend(t *testing.T, s *telegramtest.Server, to *telegramtest.User) send {
	t.Helper()
	a, err := telegram.New(telegram.Config{Token: s.Bot().Token, API: s.URL()})
	must(t, err)
	d := core.Delivery{
		Key: "a", To: core.ChatRef{Bot: a.Bot(), Chat: strconv.FormatInt(to.ID, 10)}, Kind: core.Private, Lane: core.Talk,
		Content: &core.Message{
			Body: []core.Span{{Text: "Saturday", Style: locale.Strong}, {Text: ": a walk through the old town, with leaflets."}},
			Menu: "abcdefghij234567", Buttons: []core.Button{{Label: "I'm coming"}, {Label: "Not this time"}},
		},
	}
	return func() error {
		_, err := a.Send(t.Context(), d)
		return err
	}
}

// bareSend is that of the library, and nothing else.
func bareSend(t *testing.T, s *telegramtest.Server, to *telegramtest.User) send {
	t.Helper()
	api, err := tgbotapi.NewBotAPIWithAPIEndpoint(s.Bot().Token, s.URL()+"/bot%s/%s")
	must(t, err)
	m := tgbotapi.NewMessage(to.ID, "<b>Saturday</b>: a walk through the old town, with leaflets.")
	m.ParseMode = tgbotapi.ModeHTML
	m.DisableWebPagePreview = true // by a name of old, which a lenient server takes
	m.ReplyMarkup = tgbotapi.NewInlineKeyboardMarkup(
		tgbotapi.NewInlineKeyboardRow(tgbotapi.NewInlineKeyboardButtonData("I'm coming", "abcdefghij234567.1")),
		tgbotapi.NewInlineKeyboardRow(tgbotapi.NewInlineKeyboardButtonData("Not this time", "abcdefghij234567.2")))
	return func() error {
		_, err := api.Send(m)
		return err
	}
}

func TestBenchTelegramSend(t *testing.T) {
	if !Wanted(t, telegramSend) {
		t.Skip("not picked")
	}
	s := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real, Lenient: true})
	to := s.User("Camille", "en")
	to.Met()
	sides := []send{ourSend(t, s, to), bareSend(t, s, to)}
	rates := make([][]float64, len(sides))
	for i := range sendRounds {
		for j := range sides {
			who := (i + j) % len(sides) // who comes later finds a warmer machine
			began := time.Now()
			for range roundSends {
				must(t, sides[who]())
			}
			rates[who] = append(rates[who], roundSends/time.Since(began).Seconds())
		}
	}
	for _, r := range rates {
		slices.Sort(r)
	}
	Settings(telegramSend, "one after the other to one chat of a fake Bot API server over loopback, HTML and two buttons; medians of %d rounds of %d; reference: Send of tgbotapi v5.5.1",
		sendRounds, roundSends)
	Report(t, Line{Name: telegramSend, Unit: "/s", Ours: rates[0][sendRounds/2], Reference: rates[1][sendRounds/2], Goal: Goal{Of: Ratio, AtLeast: 0.9}})
}
