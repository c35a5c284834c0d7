package matrix

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/id"
	_ "modernc.org/sqlite" // the driver sqlite

	"tocsin/core"
)

// A database holds what one account must not forget: its device, the token of the last
// sync that is handled, its rooms, and what it could not read yet. The library keeps its
// own tables beside these.
type database struct {
	*dbutil.Database
	user id.UserID
	aead cipher.AEAD
}

// sqliteOptions are those of the house (storage), and the time format that the library's
// queries need.
const sqliteOptions = "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
	"&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_txlock=immediate&_time_format=sqlite"

// schema makes the tables, in both dialects. Ids of people and rooms stand in clear, as
// in the library's own tables; what a person wrote and the token are sealed.
const schema = `
CREATE TABLE IF NOT EXISTS tocsin_account (
	user_id    TEXT PRIMARY KEY,
	device_id  TEXT NOT NULL,
	token      BYTEA NOT NULL,
	logged_in  BIGINT NOT NULL,
	next_batch TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS tocsin_room (
	user_id    TEXT NOT NULL,
	room_id    TEXT NOT NULL,
	last_event TEXT NOT NULL DEFAULT '',
	encrypted  BOOLEAN NOT NULL DEFAULT FALSE,
	deaf       BOOLEAN NOT NULL DEFAULT FALSE,
	PRIMARY KEY (user_id, room_id)
);
CREATE TABLE IF NOT EXISTS tocsin_unread (
	user_id    TEXT NOT NULL,
	event_id   TEXT NOT NULL,
	room_id    TEXT NOT NULL,
	session_id TEXT NOT NULL,
	came       BIGINT NOT NULL,
	told       BOOLEAN NOT NULL DEFAULT FALSE,
	event      BYTEA NOT NULL,
	PRIMARY KEY (user_id, event_id)
);
CREATE TABLE IF NOT EXISTS tocsin_sent (
	user_id  TEXT NOT NULL,
	name     TEXT NOT NULL,
	event_id TEXT NOT NULL,
	at       BIGINT NOT NULL,
	PRIMARY KEY (user_id, name)
);
CREATE TABLE IF NOT EXISTS tocsin_upgrade (
	user_id     TEXT NOT NULL,
	room_id     TEXT NOT NULL,
	replacement TEXT NOT NULL,
	sender      TEXT NOT NULL,
	came        BIGINT NOT NULL,
	course      TEXT NOT NULL,
	kind        TEXT NOT NULL,
	person      TEXT NOT NULL,
	PRIMARY KEY (user_id, room_id)
);
CREATE TABLE IF NOT EXISTS tocsin_opened (
	user_id    TEXT NOT NULL,
	person     TEXT NOT NULL,
	room_id    TEXT NOT NULL,
	PRIMARY KEY (user_id, person, room_id)
);
CREATE TABLE IF NOT EXISTS tocsin_group (
	user_id    TEXT NOT NULL,
	room_id    TEXT NOT NULL,
	PRIMARY KEY (user_id, room_id)
);
CREATE TABLE IF NOT EXISTS tocsin_invite (
	user_id    TEXT NOT NULL,
	room_id    TEXT NOT NULL,
	sender     TEXT NOT NULL,
	direct     BOOLEAN NOT NULL,
	PRIMARY KEY (user_id, room_id)
);
CREATE INDEX IF NOT EXISTS tocsin_unread_session ON tocsin_unread (user_id, session_id);
`

// open opens the database and makes its tables; one on PostgreSQL that is not there it
// makes, too. It fails with Unavailable if it cannot be
// reached, or the file cannot be written.
func (a *Adapter) open(ctx context.Context) (*database, error) {
	const what = "matrix: open database"
	block, err := aes.NewCipher(a.secret("seal"))
	if err != nil {
		panic("matrix: make cipher: " + err.Error()) // 32 bytes are a key of AES-256
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("matrix: make cipher: " + err.Error()) // AES has the block size of GCM
	}
	driver, dsn := "pgx", a.config.Database
	if path, file := strings.CutPrefix(dsn, "sqlite:"); file {
		driver, dsn = "sqlite", "file:"+path+sqliteOptions
	}
	pool, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, core.Wrap(core.Invalid, errors.New("its URL cannot be read"), what)
	}
	err = pool.PingContext(ctx)
	if meansNoDatabase(err) {
		err = makeDatabase(ctx, dsn)
	}
	var db *dbutil.Database
	if err == nil {
		db, err = dbutil.NewWithDB(pool, driver)
	}
	if err == nil {
		_, err = db.Exec(ctx, schema)
	}
	if err != nil {
		_ = pool.Close()
		return nil, stored(err)
	}
	return &database{Database: db, user: a.user, aead: aead}, nil
}

// stored returns err as the fault of a store; nil for nil. The driver's own words may
// hold values.
func stored(err error) error {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	return &fault{kind: storeFailed}
}

// An account is how we are known to the server.
type account struct {
	device   id.DeviceID
	token    string
	loggedIn time.Time // with the password, or by a code
	oauth    *tokens   // nil: the token needs no renewal
	next     string    // of the oldest sync that is not handled
}

// secrets are what is sealed of an account.
type secrets struct {
	Token string  `json:"token"`
	OAuth *tokens `json:"oauth,omitempty"`
}

// account returns what is stored of the account, nil if it was never connected.
func (d *database) account(ctx context.Context) (*account, error) {
	var c account
	var sealed []byte
	var at int64
	err := d.QueryRow(ctx, "SELECT device_id, token, logged_in, next_batch FROM tocsin_account WHERE user_id=$1", d.user).
		Scan(&c.device, &sealed, &at, &c.next)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, stored(err)
	}
	token, err := d.aead.Open(nil, nil, sealed, []byte("token "+d.user))
	if err != nil {
		return nil, &fault{kind: wrongDevice, cause: "the database was sealed with another key"}
	}
	var known secrets
	if json.Unmarshal(token, &known) != nil {
		return nil, &fault{kind: wrongDevice, cause: "what is stored of the account is of another form"}
	}
	c.token, c.oauth, c.loggedIn = known.Token, known.OAuth, time.Unix(at, 0)
	return &c, nil
}

// putAccount stores device and tokens.
func (d *database) putAccount(ctx context.Context, c *account) error {
	text, err := json.Marshal(secrets{c.token, c.oauth})
	if err != nil {
		return stored(err)
	}
	sealed := d.aead.Seal(nil, nil, text, []byte("token "+d.user))
	_, err = d.Exec(ctx, `
		INSERT INTO tocsin_account (user_id, device_id, token, logged_in, next_batch) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id) DO UPDATE SET device_id=excluded.device_id, token=excluded.token, logged_in=excluded.logged_in
	`, d.user, c.device, sealed, c.loggedIn.Unix(), c.next)
	return stored(err)
}

// A mark is how far what came is handled: the token of the next sync, the last event of
// each room that is before it, and which of our sends are.
type mark struct {
	next string
	last map[id.RoomID]id.EventID
	sent map[string]echo
}

// save stores a mark.
func (d *database) save(ctx context.Context, m mark) error {
	return stored(d.DoTxn(ctx, nil, func(ctx context.Context) error {
		for room, last := range m.last {
			_, err := d.Exec(ctx, `
				INSERT INTO tocsin_room (user_id, room_id, last_event) VALUES ($1, $2, $3)
				ON CONFLICT (user_id, room_id) DO UPDATE SET last_event=excluded.last_event
			`, d.user, room, last)
			if err != nil {
				return err
			}
		}
		for name, e := range m.sent {
			_, err := d.Exec(ctx, "INSERT INTO tocsin_sent (user_id, name, event_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
				d.user, name, e.event, e.at.Unix())
			if err != nil {
				return err
			}
		}
		_, err := d.Exec(ctx, "UPDATE tocsin_account SET next_batch=$1 WHERE user_id=$2", m.next, d.user)
		return err
	}))
}

// lasts returns the last handled event of each room.
func (d *database) lasts(ctx context.Context) (map[id.RoomID]id.EventID, error) {
	rows, err := d.Query(ctx, "SELECT room_id, last_event FROM tocsin_room WHERE user_id=$1 AND last_event<>''", d.user)
	if err != nil {
		return nil, stored(err)
	}
	defer rows.Close()
	out := map[id.RoomID]id.EventID{}
	for rows.Next() {
		var room id.RoomID
		var last id.EventID
		if err := rows.Scan(&room, &last); err != nil {
			return nil, stored(err)
		}
		out[room] = last
	}
	return out, stored(rows.Err())
}

// marks returns what was noted of a room: that it was ever seen to be encrypted, and that
// who speaks there was told that they cannot read us.
func (d *database) marks(ctx context.Context, room id.RoomID) (encrypted, deaf bool, err error) {
	err = d.QueryRow(ctx, "SELECT encrypted, deaf FROM tocsin_room WHERE user_id=$1 AND room_id=$2", d.user, room).Scan(&encrypted, &deaf)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return encrypted, deaf, stored(err)
}

// putDeaf notes whether who speaks in a room was told that they cannot read us.
func (d *database) putDeaf(ctx context.Context, room id.RoomID, deaf bool) error {
	_, err := d.Exec(ctx, `
		INSERT INTO tocsin_room (user_id, room_id, deaf) VALUES ($1, $2, $3)
		ON CONFLICT (user_id, room_id) DO UPDATE SET deaf=excluded.deaf
	`, d.user, room, deaf)
	return stored(err)
}

// putEncrypted notes that a room is encrypted. That never changes back.
func (d *database) putEncrypted(ctx context.Context, room id.RoomID) error {
	_, err := d.Exec(ctx, `
		INSERT INTO tocsin_room (user_id, room_id, encrypted) VALUES ($1, $2, TRUE)
		ON CONFLICT (user_id, room_id) DO UPDATE SET encrypted=TRUE
	`, d.user, room)
	return stored(err)
}

// group reports whether a room was ever no private chat, or goes on for one that was none:
// it is none either, however few are in it. Others have read what is there, and may again.
func (d *database) group(ctx context.Context, room id.RoomID) (is bool, err error) {
	err = d.QueryRow(ctx, `
		SELECT EXISTS (SELECT 1 FROM tocsin_group WHERE user_id=$1 AND room_id=$2)
			OR EXISTS (SELECT 1 FROM tocsin_upgrade WHERE user_id=$1 AND replacement=$2 AND course<>'refused' AND kind<>'private')
	`, d.user, room).Scan(&is)
	return is, stored(err)
}

// putGroup notes that a room is no private chat. That never changes back.
func (d *database) putGroup(ctx context.Context, room id.RoomID) error {
	_, err := d.Exec(ctx, "INSERT INTO tocsin_group (user_id, room_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", d.user, room)
	return stored(err)
}
