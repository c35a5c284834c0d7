//go:build bench

// Echobot is what the bot is compared with on Telegram: the least that a bot can do which
// keeps what it was told. Each message is one row of a database, and is then answered by
// one message. It is written with github.com/go-telegram/bot as its own examples are.
//
// Its settings are TELEGRAM_TOKEN, TELEGRAM_API_URL, and DATABASE_URL as tocsin reads it.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	"github.com/uptrace/bun/driver/pgdriver"
	_ "modernc.org/sqlite" // the driver of SQLite, which storage uses too
)

// workers is how many messages are answered at once, and how many connections there are
// to a database that can use them.
const workers = 16

// answer is about as long as what tocsin says.
const answer = "Je parlerai désormais cette langue. Vous pouvez en changer à tout moment, en écrivant /language."

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

// run answers until ctx is done.
func run(ctx context.Context) error {
	db, err := open(os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "CREATE TABLE heard (bot BIGINT, update_id BIGINT, chat BIGINT, words TEXT, at BIGINT, PRIMARY KEY (bot, update_id))")
	if err != nil {
		return fmt.Errorf("create table: %w", err)
	}
	const poll = time.Minute
	client := &http.Client{Timeout: poll, Transport: &http.Transport{MaxIdleConnsPerHost: workers + 1}}
	b, err := bot.New(os.Getenv("TELEGRAM_TOKEN"), bot.WithServerURL(os.Getenv("TELEGRAM_API_URL")),
		bot.WithHTTPClient(poll, client), bot.WithWorkers(workers), bot.WithNotAsyncHandlers(),
		bot.WithDefaultHandler(func(ctx context.Context, b *bot.Bot, u *models.Update) { hear(ctx, db, b, u) }))
	if err != nil {
		return err
	}
	b.Start(ctx)
	return nil
}

// open opens a database with the settings of tocsin.
func open(url string) (*sql.DB, error) {
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok {
		db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(url), pgdriver.WithTimeout(0)))
		db.SetMaxOpenConns(workers)
		db.SetMaxIdleConns(workers)
		return db, nil
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"+
		"&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_pragma=cache_size(-4000)&_pragma=mmap_size(0)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // SQLite has one writer
	return db, nil
}

// hear stores a message and answers it.
func hear(ctx context.Context, db *sql.DB, b *bot.Bot, u *models.Update) {
	if u.Message == nil {
		return
	}
	_, err := db.ExecContext(ctx, "INSERT INTO heard (bot, update_id, chat, words, at) VALUES ($1, $2, $3, $4, $5)",
		b.ID(), u.ID, u.Message.Chat.ID, u.Message.Text, time.Now().UnixMicro())
	if err == nil {
		_, err = b.SendMessage(ctx, &bot.SendMessageParams{ChatID: u.Message.Chat.ID, Text: answer, ParseMode: models.ParseModeHTML})
	}
	if err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}
