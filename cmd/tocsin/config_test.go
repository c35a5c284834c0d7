package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/scheduler"
)

// set returns a lookup of these variables and no others.
func set(variables map[string]string) lookup {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

func TestEveryMistakeIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	campaign := file("campaign.toml", "[jobs]\nretention = \"every night\"", 0o644)
	variables := map[string]string{
		"DATABASE_URL":      "mysql://user:hidden@host/db",
		"CAMPAIGN_FILE":     campaign,
		"SMTP_URL_FILE":     file("smtp", "smtp://user:hidden@host", 0o640),
		"MAIL_FROM":         "nobody",
		"CAMPAIGN_NAME":     "a\u202eb",
		"SPONSOR_URL":       "example.org",
		"PRIVACY_URL":       "ftp://example.org",
		"DEFAULT_LANGUAGE":  "latin",
		"DEFAULT_TIMEZONE":  "Paris",
		"LOG_FORMAT":        "xml",
		"LOG_LEVEL":         "loud",
		"HTTP_ADDR":         "8080",
		"METRICS_ADDR":      "localhost:http",
		"DATABASE_URL_FILE": "",
	}
	_, err := LoadConfig(set(variables))
	if err == nil {
		t.Fatal("all is well")
	}
	var told strings.Builder
	if code := tell(&told, err); code != failed {
		t.Errorf("exit code %d", code)
	}
	for name, value := range variables {
		if value != "" && !strings.Contains(told.String(), "tocsin: "+name+": ") {
			t.Errorf("%s is not named in\n%s", name, &told)
		}
	}
	if lines := strings.Count(told.String(), "\n"); lines != len(variables)-1 {
		t.Errorf("%d lines for %d mistakes", lines, len(variables)-1)
	}
	if strings.Contains(told.String(), "hidden") || !strings.Contains(told.String(), "jobs.retention") {
		t.Errorf("a password is told, or the key of a job is not:\n%s", &told)
	}
}

// A webhook is set up whole or not at all, and what is wrong with it is said without
// its secret.
func TestAWebhookIsSetUpWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	const token, address = "4711:abcdefghijklmnop", "https://bot.example.org"
	secret := strings.Repeat("hidden_", 5)
	for _, c := range []struct {
		token, url, secret string
		want               string // of the mistake; "": all is well
	}{
		{token, address, secret, ""},
		{token, address + ":8443/tocsin/", secret, ""},
		{token, address, secret + "2, " + secret, ""},
		{token, "", "", ""},
		{token, address, "", "TELEGRAM_WEBHOOK_SECRET: set it too"},
		{token, "", secret, "TELEGRAM_WEBHOOK_URL: set it too"},
		{"", address, secret, "TELEGRAM_WEBHOOK_URL: it is of no use without TELEGRAM_TOKEN"},
		{token, "http://bot.example.org", secret, "TELEGRAM_WEBHOOK_URL: the address of the webhook must look like"},
		{token, address + ":8080", secret, "TELEGRAM_WEBHOOK_URL: the address of the webhook must have one of the ports"},
		{token, address + "?a=b", secret, "TELEGRAM_WEBHOOK_URL: "},
		{token, address, "hidden", "TELEGRAM_WEBHOOK_SECRET: the secret of the webhook must be 32"},
		{token, address, secret + "é", "TELEGRAM_WEBHOOK_SECRET: the secret of the webhook must be 32"},
		{token, address, secret + ",hidden", "TELEGRAM_WEBHOOK_SECRET: the secret of the webhook must be 32"},
		{token, address, secret + "," + secret, "TELEGRAM_WEBHOOK_SECRET: the new secret"},
	} {
		_, err := LoadConfig(set(map[string]string{
			"TELEGRAM_TOKEN": c.token, "TELEGRAM_WEBHOOK_URL": c.url, "TELEGRAM_WEBHOOK_SECRET": c.secret,
		}))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%q, %d characters: %v", c.url, len(c.secret), err)
		}
		if err != nil && strings.Contains(err.Error(), "hidden") {
			t.Errorf("the secret is told: %v", err)
		}
	}
}

func TestTheAddressesAreTwo(t *testing.T) {
	t.Parallel()
	for addresses, ok := range map[[2]string]bool{
		{"", ""}: true, {":8080", "127.0.0.1:9090"}: true, {"[::1]:0", "[::1]:0"}: true,
		{"127.0.0.1:8080", "127.0.0.1:8080"}: false, {"", "127.0.0.1:8080"}: false, {"127.0.0.1", ""}: false,
		{"127.0.0.1:", ""}: false, {"127.0.0.1:70000", ""}: false, {"127.0.0.1:080", ""}: false,
	} {
		_, err := LoadConfig(set(map[string]string{"HTTP_ADDR": addresses[0], "METRICS_ADDR": addresses[1]}))
		if (err == nil) != ok {
			t.Errorf("%q: %v", addresses, err)
		}
	}
}

func TestASecretMayComeFromAFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	private, empty := filepath.Join(folder, "private"), filepath.Join(folder, "empty")
	open := filepath.Join(folder, "open")
	for path, mode := range map[string]os.FileMode{private: 0o400, open: 0o444} {
		if err := os.WriteFile(path, []byte("postgres://u:p@localhost/d\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig(set(map[string]string{"DATABASE_URL_FILE": private}))
	if err != nil || string(c.Database) != "postgres://u:p@localhost/d" {
		t.Errorf("got %v", err)
	}
	for why, variables := range map[string]map[string]string{
		"chmod":          {"DATABASE_URL_FILE": open},
		"is empty":       {"DATABASE_URL_FILE": empty},
		"no such file":   {"DATABASE_URL_FILE": filepath.Join(folder, "gone")},
		"not both":       {"DATABASE_URL_FILE": private, "DATABASE_URL": "sqlite:a.db"},
		"cannot be read": {"CAMPAIGN_FILE": filepath.Join(folder, "gone")},
	} {
		if _, err := LoadConfig(set(variables)); err == nil || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), folder) {
			t.Errorf("%s: got %v", why, err)
		}
	}
}

func TestASecretDoesNotShow(t *testing.T) {
	t.Parallel()
	c, err := LoadConfig(set(map[string]string{
		"DATABASE_URL": "postgres://u:hidden@localhost/d",
		"SMTP_URL":     "smtp://u:hidden@localhost", "MAIL_FROM": "a@example.org",
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		for _, v := range []any{c, *c, c.Database, &c.Database} {
			if s := fmt.Sprintf(verb, v); strings.Contains(s, "hidden") || strings.Contains(s, fmt.Sprintf("%x", "hidden")) {
				t.Errorf("%s shows it", verb)
			}
		}
	}
	var log strings.Builder
	for _, format := range []string{"text", "json"} {
		newLog(&log, format, slog.LevelInfo).Info("settings", "all", *c, "one", c.Database, "pointer", &c.Database,
			slog.Group("in", "database", c.Database), "list", []Secret{c.Database})
	}
	json, _ := c.Database.MarshalJSON()
	text, _ := c.Database.MarshalText()
	if strings.Contains(log.String(), "hidden") || strings.Count(log.String(), redacted) < 4 {
		t.Errorf("logged %s", &log)
	}
	if string(json) != `"[secret]"` || string(text) != "[secret]" {
		t.Errorf("it is marshalled as %s and %s", json, text)
	}
}

func TestTheEnvironmentWinsOverTheFile(t *testing.T) {
	t.Chdir(t.TempDir())
	const file = "CAMPAIGN_NAME=\"from the file\"\nDEFAULT_TIMEZONE=Pacific/Noumea\nDEFAULT_LANGUAGE=en\n"
	if err := os.WriteFile(".env", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	env, err := withDotenv(set(map[string]string{"CAMPAIGN_NAME": "from outside", "DEFAULT_LANGUAGE": ""}))
	if err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig(env)
	if err != nil {
		t.Fatal(err)
	}
	if c.Campaign.Name != "from outside" || c.Campaign.Zone != "Pacific/Noumea" || c.Campaign.Language != "fr" {
		t.Errorf("got %q, %q, %q", c.Campaign.Name, c.Campaign.Zone, c.Campaign.Language)
	}
	if err := os.WriteFile(".env", []byte("A=1\nSMTP_URL 'smtp://u:hidden@host\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := withDotenv(set(nil)); err == nil || strings.Contains(err.Error(), "hidden") {
		t.Errorf("got %v", err)
	}
}

func TestTheCampaignHasItsSettings(t *testing.T) {
	t.Parallel()
	c, err := LoadConfig(set(map[string]string{
		"CAMPAIGN_NAME": "Demain", "SPONSOR_URL": "https://parrainer.example/ici", "PRIVACY_URL": "http://localhost:8080",
		"DEFAULT_LANGUAGE": "EN", "DEFAULT_TIMEZONE": "Indian/Reunion", "LOG_LEVEL": "WARN", "LOG_FORMAT": "JSON",
	}))
	if err != nil {
		t.Fatal(err)
	}
	got := core.Campaign{
		Name: c.Campaign.Name, SponsorURL: c.Campaign.SponsorURL, PrivacyURL: c.Campaign.PrivacyURL,
		Language: c.Campaign.Language, Zone: c.Campaign.Zone,
	}
	want := core.Campaign{
		Name: "Demain", SponsorURL: "https://parrainer.example/ici", PrivacyURL: "http://localhost:8080",
		Language: "en", Zone: "Indian/Reunion",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c.LogLevel != slog.LevelWarn || c.LogFormat != "json" || c.Zone.String() != "Indian/Reunion" || len(c.Jobs) != len(scheduler.AllJobs(c.Campaign)) {
		t.Errorf("got %+v", c)
	}
}

// Whatever is set, the answer is a Config or a list of mistakes, and no password is in
// it.
func FuzzLoadConfig(f *testing.F) {
	const password = "hidden4711"
	f.Add("postgres://u:", "@localhost/d", "DATABASE_URL")
	f.Add("smtp://u:", "@mail.example.org:587", "SMTP_URL")
	f.Add("smtps://", ":x@[::1]:465?a", "SMTP_URL")
	f.Add("https://example.org/", "#%zz", "SPONSOR_URL")
	f.Add("Europe/", "", "DEFAULT_TIMEZONE")
	f.Add("../", "", "CAMPAIGN_FILE")
	f.Add("Campagne <", "@example.org>", "MAIL_FROM")
	f.Fuzz(func(t *testing.T, before, after, name string) {
		if strings.HasSuffix(name, "_FILE") && name != "CAMPAIGN_FILE" {
			return // it would read any file of this machine
		}
		c, err := LoadConfig(set(map[string]string{name: before + password + after}))
		if (c == nil) == (err == nil) {
			t.Fatalf("got %v and %v", c, err)
		}
		if err != nil && strings.Contains(err.Error(), password) {
			t.Fatalf("the answer is %v", err)
		}
	})
}
