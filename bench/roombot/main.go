//go:build bench

// Roombot is what the bot is compared with on Matrix: the least that a bot can do which
// encrypts. It answers each message by one message, and keeps nothing but its keys, with
// the library, the store of keys and the driver that tocsin has.
//
// Its settings are MATRIX_HOMESERVER, MATRIX_USER, MATRIX_PASSWORD and DATABASE_URL.
package main

import (
	"context"
	"database/sql"
	"errors"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/sqlstatestore"
	_ "modernc.org/sqlite" // the driver sqlite
)

// answer is about as long as what tocsin says.
const answer = "Je vous parle maintenant en français. Pour changer de langue : /language"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}

// run answers until ctx is done.
func run(ctx context.Context) error {
	b, err := connect(ctx)
	if err != nil {
		return err
	}
	reader := mautrix.NewDefaultSyncer()
	reader.OnSync(b.machine.ProcessSyncResponse)
	reader.OnEvent(b.StateStoreSyncHandler)
	reader.OnEventType(event.StateMember, b.machine.HandleMemberEvent)
	reader.OnEventType(event.StateMember, b.join)
	reader.OnEventType(event.EventEncrypted, b.hear)
	b.Syncer = reader
	return b.SyncWithContext(ctx)
}

// A bot is a client with its keys.
type bot struct {
	*mautrix.Client
	machine *crypto.OlmMachine
}

// connect logs in and publishes keys.
func connect(ctx context.Context) (*bot, error) {
	client, err := mautrix.NewClient(os.Getenv("MATRIX_HOMESERVER"), "", "")
	if err != nil {
		return nil, err
	}
	_, err = client.Login(ctx, &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: os.Getenv("MATRIX_USER")},
		Password:   os.Getenv("MATRIX_PASSWORD"), StoreCredentials: true,
	})
	if err != nil {
		return nil, err
	}
	path := strings.TrimPrefix(os.Getenv("DATABASE_URL"), "sqlite:")
	pool, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"+
		"&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_txlock=immediate&_time_format=sqlite")
	if err != nil {
		return nil, err
	}
	db, err := dbutil.NewWithDB(pool, "sqlite")
	if err != nil {
		return nil, err
	}
	quiet := zerolog.Nop()
	states := sqlstatestore.NewSQLStateStore(db, nil, false)
	keys := crypto.NewSQLCryptoStore(db, nil, string(client.UserID), client.DeviceID, make([]byte, 32))
	client.StateStore = states
	b := &bot{client, crypto.NewOlmMachine(client, &quiet, keys, states)}
	client.Crypto = (*encryption)(b)
	return b, errors.Join(states.Upgrade(ctx), keys.DB.Upgrade(ctx), b.machine.Load(ctx), b.machine.ShareKeys(ctx, 0))
}

// join accepts every invitation.
func (b *bot) join(ctx context.Context, e *event.Event) {
	if e.GetStateKey() == string(b.UserID) && e.Content.AsMember().Membership == event.MembershipInvite {
		if _, err := b.JoinRoomByID(ctx, e.RoomID); err != nil {
			log.Fatal(err)
		}
	}
}

// hear answers a message.
func (b *bot) hear(ctx context.Context, e *event.Event) {
	if e.Sender == b.UserID {
		return
	}
	plain, err := b.machine.DecryptMegolmEvent(ctx, e)
	if err != nil || plain.Content.AsMessage().MsgType != event.MsgText {
		return
	}
	go func() {
		_, err := b.SendMessageEvent(ctx, e.RoomID, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgNotice, Body: answer})
		if err != nil && ctx.Err() == nil {
			log.Fatal(err)
		}
	}()
}

// encryption is what the client encrypts with.
type encryption bot

// Encrypt implements mautrix.CryptoHelper.
func (c *encryption) Encrypt(ctx context.Context, room id.RoomID, t event.Type, content any) (*event.EncryptedEventContent, error) {
	out, err := c.machine.EncryptMegolmEvent(ctx, room, t, content)
	if !crypto.IsShareError(err) {
		return out, err
	}
	people, err := c.StateStore.GetRoomJoinedOrInvitedMembers(ctx, room)
	if err == nil {
		err = c.machine.ShareGroupSession(ctx, room, people)
	}
	if err != nil {
		return nil, err
	}
	return c.machine.EncryptMegolmEvent(ctx, room, t, content)
}

// Decrypt implements mautrix.CryptoHelper.
func (c *encryption) Decrypt(ctx context.Context, e *event.Event) (*event.Event, error) {
	return c.machine.DecryptMegolmEvent(ctx, e)
}

// WaitForSession implements mautrix.CryptoHelper.
func (c *encryption) WaitForSession(ctx context.Context, r id.RoomID, k id.SenderKey, s id.SessionID, d time.Duration) bool {
	return c.machine.WaitForSession(ctx, r, k, s, d)
}

// RequestSession implements mautrix.CryptoHelper.
func (*encryption) RequestSession(context.Context, id.RoomID, id.SenderKey, id.SessionID, id.UserID, id.DeviceID) {
}

// Init implements mautrix.CryptoHelper.
func (*encryption) Init(context.Context) error { return nil }
