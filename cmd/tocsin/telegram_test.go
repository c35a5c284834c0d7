package main

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"tocsin/bots/mail/mailtest"
	"tocsin/bots/telegram/telegramtest"
)

// A supporter signs up on Telegram, by taps and words, and finds an action; then the
// program stops within a second, and what was said is confirmed.
func TestASupporterSignsUpOnTelegram(t *testing.T) {
	t.Parallel()
	server := telegramtest.New(t, telegramtest.Options{Clock: telegramtest.Real})
	post := mailtest.Start(t)
	env := elsewhere(t)
	for name, value := range map[string]string{
		"TELEGRAM_TOKEN": server.Bot().Token, "TELEGRAM_API_URL": server.URL(), "SMTP_URL": post.URL(), "MAIL_FROM": "bot@campagne.example",
		"CAMPAIGN_NAME": "Demain", "SPONSOR_URL": "https://parrainer.example/", "PRIVACY_URL": "https://demain.example/donnees",
	} {
		env[name] = value
	}
	if _, errs, code := called(t, env, "", "migrate"); code != succeeded {
		t.Fatal(errs)
	}
	if _, errs, code := called(t, env, "email\nanna@exemple.fr\n", "sponsors", "import", "-"); code != succeeded {
		t.Fatal(errs)
	}
	ctx, stop := context.WithCancel(t.Context())
	var logged strings.Builder
	ended := make(chan int)
	go func() { ended <- run(ctx, []string{"serve"}, set(env), strings.NewReader(""), &logged, &logged) }()

	anna := server.User("Anna", "fr")
	anna.Start("")
	for _, label := range []string{"Continuer", "Oui, m’écrire", "Oui, mon secteur", "Non"} {
		anna.Tap(anna.Next(t), label)
	}
	hear(t, anna, "Avec quelle adresse")
	anna.Send("anna@exemple.fr")
	hear(t, anna, "Quel est le code")
	letters := post.Wait(t, 1)
	anna.Send(regexp.MustCompile(`\d{4} \d{4}`).FindString(letters[0].Text))
	hear(t, anna, "Comment voulez-vous")
	anna.Send("Anna")
	hear(t, anna, "Où êtes-vous")
	if k := anna.Keyboard(); k == nil {
		t.Error("nothing offers to share a position")
	}
	anna.ShareLocation(45.7578, 4.8320)
	anna.Tap(hear(t, anna, "Jusqu’à quelle distance"), "25\u00a0km")
	anna.Tap(hear(t, anna, "À quel rythme"), "Jamais")
	hear(t, anna, "Tout est prêt")
	if k := anna.Keyboard(); k != nil {
		t.Error("the offer to share a position is still there")
	}
	anna.Send("/settings")
	hear(t, anna, "Vos réglages")

	stop()
	if code := <-ended; code != succeeded {
		t.Errorf("exit code %d", code)
	}
	if n := server.Bot().Pending(); n != 0 {
		t.Errorf("%d updates were not confirmed", n)
	}
	_, secret, _ := strings.Cut(server.Bot().Token, ":")
	if strings.Contains(logged.String(), secret) {
		t.Error("the log holds the token")
	}
}

// hear returns the next message of the bot that says something.
func hear(t *testing.T, u *telegramtest.User, what string) telegramtest.Message {
	t.Helper()
	for {
		if m := u.Next(t); strings.Contains(m.Text, what) {
			return m
		}
	}
}
