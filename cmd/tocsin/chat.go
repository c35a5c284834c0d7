package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/text/language"

	"tocsin/bots/console"
	"tocsin/core"
)

type chatCommand struct {
	Demo     bool   `help:"Talk to a made-up campaign; no setting is read, nothing is kept or sent."`
	Numbered bool   `help:"Speak the protocol for scripts: numbered lines in, keyed messages out."`
	Files    string `placeholder:"DIR" type:"existingdir" help:"Save the files that come with messages in this folder (a demo has its own)."`
	Language string `placeholder:"fr" help:"The language that your client says it has (usually that of LANG)."`

	Pace time.Duration `hidden:"" default:"20s" help:"How long after the sign-up of a demo an alert arrives."`
}

// terminalBot is the bot that speaks in a terminal.
const terminalBot core.BotID = "console:terminal"

// Run lets a person talk to the bot in the terminal, until the input ends or a signal
// comes.
func (c *chatCommand) Run(ctx context.Context, p *program) error {
	if _, err := language.Parse(c.Language); c.Language != "" && err != nil {
		return misuse{errors.New("--language: it is no language tag such as fr")}
	}
	here := &console.Adapter{
		ID: terminalBot, In: p.stdin, Out: p.stdout, Numbered: c.Numbered, Language: c.Language, Files: c.Files,
	}
	if here.Language == "" {
		here.Language = languageOf(p.env)
	}
	logged := p.stderr
	if terminal(p.stdin) && terminal(p.stdout) && terminal(p.stderr) {
		logged = here.Screen() // or it would be written into the line that is being typed
	}
	if c.Demo {
		return talkDemo(ctx, c, here, logged)
	}
	conf, err := p.config()
	if err != nil {
		return err
	}
	return withStore(ctx, conf, newLog(logged, conf.LogFormat, conf.LogLevel), func(o *opened) error {
		if conf.SMTP == "" {
			o.log.Warn("SMTP_URL is not set: letters are shown here instead of being sent")
			return talk(ctx, o, here, &console.Letterbox{Out: here.Screen()})
		}
		sender, err := conf.sender()
		if err != nil {
			return err
		}
		return talk(ctx, o, here, sender)
	})
}

// talk runs the bot behind the terminal.
func talk(ctx context.Context, o *opened, here *console.Adapter, mailer core.Mailer) error {
	e, err := newEngine(o, mailer, here)
	if err != nil {
		return err
	}
	return e.patiently().Run(ctx)
}

// languageOf returns the language that the terminal says it has, in the order of POSIX
// (XBD, 8.2); "" if it says none.
func languageOf(env lookup) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		value, _ := env(name)
		if value == "" {
			continue
		}
		value, _, _ = strings.Cut(value, ".")
		tag, err := language.Parse(strings.ReplaceAll(value, "_", "-"))
		if err != nil {
			return "" // C and POSIX
		}
		return tag.String()
	}
	return ""
}
