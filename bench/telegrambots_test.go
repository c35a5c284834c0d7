//go:build bench

package bench

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/storage"
)

// A deployment is a bot as a process of its own, with its database and its callers.
type deployment struct {
	*callers
	command *exec.Cmd
	said    bytes.Buffer
}

// environment is what every bot is told.
func (d *deployment) environment(database string) []string {
	return append(os.Environ(), "TELEGRAM_TOKEN="+d.bot.Token, "TELEGRAM_API_URL="+d.server.URL(), "DATABASE_URL="+database)
}

// start starts the process, and returns once it waits for updates. It ends with the test,
// which fails if the process did.
func (d *deployment) start(c *exec.Cmd) {
	d.t.Helper()
	d.command = c
	c.Stdout, c.Stderr = &d.said, &d.said
	must(d.t, c.Start())
	d.t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		if err := c.Wait(); err != nil {
			d.t.Errorf("%s: %v\n%s", filepath.Base(c.Path), err, d.said.Bytes())
		}
	})
	d.bot.WaitPolling(d.t)
}

// deployTocsin starts `tocsin serve` on a database where everybody of the callers is a
// supporter.
func deployTocsin(c *callers, program, database string) *deployment {
	c.t.Helper()
	d := &deployment{callers: c}
	folder := c.t.TempDir()
	keys := filepath.Join(folder, "keys")
	command := func(args ...string) *exec.Cmd {
		e := exec.Command(program, args...)
		e.Dir = folder
		e.Env = append(d.environment(database), "SECRET_KEY_FILE="+keys, "LOG_LEVEL=warn", "CAMPAIGN_NAME=Demain",
			"SPONSOR_URL=https://parrainer.example/", "PRIVACY_URL=https://demain.example/donnees",
			"SMTP_URL=smtp://127.0.0.1:9", "MAIL_FROM=bot@demain.example")
		return e
	}
	if out, err := command("migrate").CombinedOutput(); err != nil {
		c.t.Fatalf("%v\n%s", err, out)
	}
	s, err := storage.Open(c.t.Context(), storage.Config{URL: database, KeyFile: keys})
	must(c.t, err)
	join(c, s)
	must(c.t, s.Close())
	d.start(command("serve"))
	return d
}

// deployEcho starts the reference.
func deployEcho(c *callers, program, database string) *deployment {
	c.t.Helper()
	d := &deployment{callers: c}
	e := exec.Command(program)
	e.Env = d.environment(database)
	d.start(e)
	return d
}

// echobot builds the reference and returns its name.
func echobot(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "echobot")
	if out, err := exec.Command("go", "build", "-tags=bench", "-trimpath", "-o", name, "tocsin/bench/echobot").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name
}

// join makes supporters of a callers.
func join(c *callers, s *storage.Store) {
	c.t.Helper()
	ctx, today := c.t.Context(), core.DayOf(time.Now())
	bot := core.BotID("telegram:" + strconv.FormatInt(c.bot.ID, 10))
	for batch := range slices.Chunk(c.people, 200) {
		must(c.t, s.Tx(ctx, func(tx core.Tx) error {
			for i, u := range batch {
				p := &core.Supporter{
					State: core.Active, Name: "Camille Durand", Language: "en", Zone: "Europe/Paris",
					Cell: core.Cell(geo.CellOf(towns[i%len(towns)])), Place: 1, Area: "FR/84/69", Radius: core.DefaultRadius,
					Often: core.Weekly, Since: today, Seen: today,
				}
				if err := enter(ctx, tx, bot, strconv.FormatInt(u.ID, 10), p); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// enter stores a supporter with their account and their private chat.
func enter(ctx context.Context, tx core.Tx, bot core.BotID, id string, p *core.Supporter) error {
	chat, err := tx.EnterChat(ctx, core.ChatRef{Bot: bot, Chat: id}, core.Private)
	if err != nil {
		return err
	}
	account, err := tx.EnterAccount(ctx, core.AccountRef{Bot: bot, ID: id})
	if err != nil {
		return err
	}
	if err := tx.CreateSupporter(ctx, p); err != nil {
		return err
	}
	account.Supporter, account.Home = p.ID, chat.ID
	return tx.PutAccount(ctx, account)
}
