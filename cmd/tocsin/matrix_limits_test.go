//go:build goolm

package main

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"tocsin/bots/mail/mailtest"
	"tocsin/bots/matrix/matrixtest"
)

// Without an exemption the bot keeps to what servers let an account do: half a sign-up goes
// at once, with numbers for choices and no reaction of the bot's own, and the server, which
// limits too, never has to say so. Check says how much that carries. Meanwhile a log of
// everything tells nothing of anybody.
func TestADialogueKeepsToTheUsualLimits(t *testing.T) {
	t.Parallel()
	server := matrixtest.Start(t, matrixtest.Options{Limited: true})
	proxy, bot, post := server.Proxy(t), server.Register(t, "tocsin"), mailtest.Start(t)
	env := elsewhere(t)
	for name, value := range map[string]string{
		"MATRIX_HOMESERVER": proxy.URL(), "MATRIX_USER": string(bot.ID), "MATRIX_PASSWORD": bot.Password, "LOG_LEVEL": "debug",
		"SMTP_URL": post.URL(), "MAIL_FROM": "bot@campagne.example", "CAMPAIGN_NAME": "Demain",
		"SPONSOR_URL": "https://parrainer.example/", "PRIVACY_URL": "https://demain.example/donnees",
	} {
		env[name] = value
	}
	if _, errs, code := called(t, env, "", "migrate"); code != succeeded {
		t.Fatal(errs)
	}
	out, errs, code := called(t, env, "", "matrix", "setup")
	if code != succeeded {
		t.Fatal(errs)
	}
	recovery, _, _ := strings.Cut(out, "\n")
	ctx, stop := context.WithCancel(t.Context())
	log := newSink()
	ended := make(chan int)
	go func() { ended <- run(ctx, []string{"serve"}, set(env), strings.NewReader(""), log, log) }()

	anna := server.HumanWith(t, "zoe", matrixtest.HumanOptions{OnlyVerified: true})
	chat := anna.Direct(bot.ID)
	chat.Write("bonjour")
	began := time.Now()
	for _, step := range []struct{ hears, says string }{
		{"Continuer", "1"}, {"Oui, m’écrire", "1"}, {"Oui, mon secteur", "1"}, {"Non", "2"}, {"Avec quelle adresse", "zoe@exemple.fr"},
		{"Quel est le code", "c’est privé"},
	} {
		if m := chat.Hear(step.hears); !m.Encrypted || len(m.Reactions) > 0 {
			t.Errorf("an answer is not encrypted, or has reactions")
		}
		chat.Write(step.says)
	}
	chat.Share("geo:45.7578,4.8320;u=15")
	t.Logf("six answers took %v", time.Since(began))
	stop()
	if code := <-ended; code != succeeded {
		t.Errorf("exit code %d", code)
	}
	if proxy.Calls("/send/m.reaction/") > 0 || proxy.Answers(429) > 0 {
		t.Errorf("%d reactions, %d limits", proxy.Calls("/send/m.reaction/"), proxy.Answers(429))
	}
	said, _, _ := called(t, env, "", "check")
	if !regexp.MustCompile(`(?m)^ok +pace +12 messages a minute: about 1\.2 sign-ups a minute$`).MatchString(said) {
		t.Errorf("check does not say how much the limit carries:\n%s", said)
	}
	if !strings.Contains(said, "it vouches for the device") || !strings.Contains(said, "fingerprint ") {
		t.Errorf("check does not say how the device stands:\n%s", said)
	}
	all := log.String() + said
	for _, secret := range []string{bot.Password, proxy.Token(), recovery, "zoe-", "zoe@", "45.7578", "bonjour", "privé", string(chat.Room)} {
		if secret == "" || strings.Contains(all, secret) {
			t.Errorf("a log holds %q", secret)
		}
	}
}
