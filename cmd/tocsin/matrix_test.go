//go:build goolm

package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tocsin/bots/mail/mailtest"
	"tocsin/bots/matrix/matrixtest"
)

// A supporter signs up on Matrix, in an encrypted chat and by written answers; then the
// program stops, and the next one logs in no more.
func TestASupporterSignsUpOnMatrix(t *testing.T) {
	t.Parallel()
	server := matrixtest.Shared(t)
	proxy := server.Proxy(t)
	bot := server.Register(t, "tocsin")
	post := mailtest.Start(t)
	env := elsewhere(t)
	campaign := filepath.Join(t.TempDir(), "campaign.toml")
	if err := os.WriteFile(campaign, []byte("[matrix]\nunlimited = true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"MATRIX_HOMESERVER": proxy.URL(), "MATRIX_USER": string(bot.ID), "MATRIX_PASSWORD": bot.Password,
		"SMTP_URL": post.URL(), "MAIL_FROM": "bot@campagne.example", "HTTP_ADDR": "127.0.0.1:0", "METRICS_ADDR": "127.0.0.1:0", "CAMPAIGN_FILE": campaign,
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
	out, errs, code := called(t, env, "", "matrix", "setup")
	if code != succeeded || !regexp.MustCompile(`(?m)^\w{4}( \w{1,4}){11}$`).MatchString(out) {
		t.Fatalf("matrix setup said %q, %q", out, errs)
	}
	if out, errs, code := called(t, env, "", "matrix", "setup"); code != succeeded || strings.Contains(out, "recovery key") {
		t.Errorf("matrix setup said the second time %q, %q", out, errs)
	}
	ctx, stop := context.WithCancel(t.Context())
	logged := newSink()
	ended := make(chan int)
	go func() { ended <- run(ctx, []string{"serve"}, set(env), strings.NewReader(""), logged, logged) }()

	anna := server.HumanWith(t, "anna", matrixtest.HumanOptions{OnlyVerified: true}).Direct(bot.ID)
	anna.Write("bonjour")
	for _, step := range []struct{ hears, says string }{
		{"Continuer", "Continuer"}, {"Oui, m’écrire", "1"}, {"Oui, mon secteur", "oui, mon secteur"}, {"Non", "Non"},
		{"Avec quelle adresse", "anna@exemple.fr"},
	} {
		if m := anna.Hear(step.hears); !m.Encrypted || m.Type != "m.notice" {
			t.Errorf("an answer is not encrypted, or rings")
		}
		anna.Write(step.says)
	}
	anna.Hear("Quel est le code")
	letters := post.Wait(t, 1)
	anna.Write(regexp.MustCompile(`\d{4} \d{4}`).FindString(letters[0].Text))
	anna.Hear("Comment voulez-vous")
	anna.Write("Anna")
	anna.Hear("Où êtes-vous")
	anna.Share("geo:45.7578,4.8320;u=15")
	anna.Hear("Jusqu’à quelle distance")
	anna.Write("25 km")
	anna.Hear("À quel rythme")
	anna.Write("Jamais")
	anna.Hear("Tout est prêt")
	anna.Write("!settings")
	anna.Hear("Vos réglages")

	_, metrics := page(t, logged.find(t, `METRICS_ADDR"?,? ?"?at"?[=:]"?([^"\s]+)`), "/metrics")
	for _, line := range []string{
		`bot_state{bot="matrix",state="receiving"} 1`, `rooms{bot="matrix"} 1`, `undecryptable{bot="matrix"} 0`,
		`rate_limited_total{bot="matrix"} 0`, `one_time_keys{bot="matrix"} `,
		`sync_timestamp_seconds{bot="matrix"} 1.`,
	} {
		if !strings.Contains(metrics, "\ntocsin_"+line) {
			t.Errorf("/metrics says nothing of %s:\n%s", line, metrics)
		}
	}
	stop()
	if code := <-ended; code != succeeded {
		t.Errorf("exit code %d", code)
	}
	if n := proxy.Calls("POST /_matrix/client/v3/login"); n != 1 {
		t.Errorf("the account logged in %d times, want once", n)
	}
	for _, secret := range []string{bot.Password, "anna", "45.7", "bonjour"} {
		if strings.Contains(logged.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	searchFiles(t, filepath.Dir(strings.TrimPrefix(env["DATABASE_URL"], "sqlite:")), string(anna.Person()), string(anna.Room))
}

// searchFiles looks for what nobody may find on disk. The one exception is that the
// library's tables and ours beside them hold who somebody is on Matrix and which rooms there
// are: nothing of what was said, and no address.
func searchFiles(t *testing.T, folder string, ids ...string) {
	t.Helper()
	secrets := []string{"anna@exemple.fr", "45.7578", "bonjour", "oui, mon secteur", "Avec quelle adresse", "Vos réglages"}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	excepted := 0
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		wanted := slices.Concat(secrets, ids)
		if strings.HasPrefix(f.Name(), "t-matrix.db") {
			wanted = secrets
			excepted++
		}
		for _, text := range wanted {
			if strings.Contains(string(b), text) {
				t.Errorf("%s holds %q", f.Name(), text)
			}
		}
	}
	if excepted == 0 || len(files) < 3 {
		t.Errorf("there are %d files, %d of them of Matrix", len(files), excepted)
	}
}
