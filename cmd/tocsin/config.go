package main

import (
	"errors"
	"log/slog"
	"os"
	"strings"
	"time"

	"tocsin/bots/mail"
	"tocsin/bots/matrix"
	"tocsin/bots/telegram"
	"tocsin/core"
	"tocsin/core/locale"
	"tocsin/scheduler"
)

// A Config is what the environment sets. .env.example names every variable.
type Config struct {
	Database  Secret // DATABASE_URL: it may hold a password
	KeyFile   string // SECRET_KEY_FILE
	Campaign  *core.Campaign
	Jobs      map[core.JobName]scheduler.Line
	Zone      *time.Location  // DEFAULT_TIMEZONE, that of the jobs
	SMTP      Secret          // SMTP_URL; "": no letter can be sent
	MailFrom  string          // MAIL_FROM
	Telegram  telegram.Config // TELEGRAM_TOKEN, TELEGRAM_API_URL
	Matrix    matrix.Config   // MATRIX_HOMESERVER and the others
	Webhook   Webhook         // TELEGRAM_WEBHOOK_URL, TELEGRAM_WEBHOOK_SECRET
	HTTP      string          // HTTP_ADDR
	Metrics   string          // METRICS_ADDR; "": they are not shown
	LogFormat string          // text or json
	LogLevel  slog.Level
}

// The values of a campaign that has set none: good enough to try the program, but
// nothing that people should be shown. serve refuses them.
const (
	usualName    = "tocsin"
	usualSponsor = "https://sponsor.example/"
	usualPrivacy = "https://privacy.example/"
)

// longestCampaign is the longest name of a campaign, in bytes: it stands in subjects of
// letters.
const longestCampaign = 60

// LoadConfig reads the environment, and the files that it names. Its error names
// every variable that is wrong, one a line.
func LoadConfig(env lookup) (*Config, error) {
	e := &environment{lookup: env}
	c := &Config{
		Database:  e.secret("DATABASE_URL", "sqlite:tocsin.db"),
		KeyFile:   e.text("SECRET_KEY_FILE", "tocsin.key"),
		LogFormat: e.choice("LOG_FORMAT", "text", "text", "json"),
	}
	c.SMTP, c.MailFrom = e.mail()
	c.Telegram = e.telegram()
	c.Matrix = e.matrix(c.Database)
	c.Webhook = e.webhook(c.Telegram)
	c.HTTP, c.Metrics = e.faces()
	switch scheme, _, _ := strings.Cut(string(c.Database), ":"); scheme {
	case "sqlite", "postgres", "postgresql":
	default:
		e.wrong("DATABASE_URL", "it must begin with sqlite: and the path of a file, or with postgres://")
	}
	level := e.choice("LOG_LEVEL", "info", "debug", "info", "warn", "error")
	if err := c.LogLevel.UnmarshalText([]byte(level)); err != nil {
		return nil, core.Wrap(core.Internal, err, "config: read LOG_LEVEL")
	}
	c.Campaign = e.campaign()
	c.Jobs = e.jobs(c.Campaign)
	c.Campaign.Name = e.name()
	c.Campaign.SponsorURL = e.link("SPONSOR_URL", usualSponsor)
	c.Campaign.PrivacyURL = e.link("PRIVACY_URL", usualPrivacy)
	c.Campaign.Language = e.language()
	c.Zone = e.zone()
	c.Campaign.Zone = c.Zone.String()
	if e.mistakes != nil {
		return nil, errors.Join(e.mistakes...)
	}
	return c, nil
}

// name reads CAMPAIGN_NAME.
func (e *environment) name() string {
	name := strings.TrimSpace(e.text("CAMPAIGN_NAME", usualName))
	if name == "" || len(name) > longestCampaign || !core.Visible(name) {
		e.wrong("CAMPAIGN_NAME", "it must be a name of at most 60 bytes, all of which can be seen")
	}
	return name
}

// language reads DEFAULT_LANGUAGE.
func (e *environment) language() string {
	var words []string
	if all, err := locale.Load(); err != nil {
		e.wrong("DEFAULT_LANGUAGE", "no catalogue can be read: "+err.Error())
	} else {
		for _, l := range all.Languages() {
			words = append(words, string(l))
		}
	}
	return e.choice("DEFAULT_LANGUAGE", string(locale.Reference), words...)
}

// zone reads DEFAULT_TIMEZONE.
func (e *environment) zone() *time.Location {
	name := e.text("DEFAULT_TIMEZONE", "Europe/Paris")
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		e.wrong("DEFAULT_TIMEZONE", "it must be a name of the IANA database, such as Europe/Paris")
		return time.UTC
	}
	return zone
}

// mail reads SMTP_URL and MAIL_FROM, which go together.
func (e *environment) mail() (url Secret, from string) {
	before := len(e.mistakes)
	url, from = e.secret("SMTP_URL", ""), e.text("MAIL_FROM", "")
	if url == "" && from == "" {
		return "", ""
	}
	if _, err := mail.New(mail.Config{URL: string(url), From: "nobody@example.org"}); err != nil && len(e.mistakes) == before {
		e.wrong("SMTP_URL", cause(err))
	}
	if _, err := mail.New(mail.Config{URL: "smtp://localhost", From: from}); err != nil {
		e.wrong("MAIL_FROM", cause(err))
	}
	return url, from
}

// sender returns what sends letters.
func (c *Config) sender() (*mail.Sender, error) {
	return mail.New(mail.Config{URL: string(c.SMTP), From: c.MailFrom})
}

// cause returns the innermost sentence of an error.
func cause(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}

// campaign reads the file that CAMPAIGN_FILE names; the defaults if it names none.
func (e *environment) campaign() *core.Campaign {
	text := ""
	if path := e.text("CAMPAIGN_FILE", ""); path != "" {
		b, err := os.ReadFile(path)
		if err != nil {
			e.wrong("CAMPAIGN_FILE", "the file cannot be read: "+reason(err))
		}
		text = string(b)
	}
	c, err := core.ParseCampaign(strings.NewReader(text))
	if err != nil {
		e.wrong("CAMPAIGN_FILE", cause(err))
		return new(core.Campaign)
	}
	return c
}

// jobs reads the cron lines of the campaign file.
func (e *environment) jobs(c *core.Campaign) map[core.JobName]scheduler.Line {
	lines := map[core.JobName]scheduler.Line{}
	for _, job := range scheduler.AllJobs(c) {
		text, ok := c.Jobs[string(job.Name)]
		if !ok {
			continue
		}
		line, err := scheduler.ParseLine(text)
		if err != nil {
			e.wrong("CAMPAIGN_FILE", "jobs."+string(job.Name)+": "+cause(err))
		}
		lines[job.Name] = line
	}
	return lines
}
