package storage

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// A broadcastRow is a Broadcast as it is stored.
type broadcastRow struct {
	bun.BaseModel `bun:"table:broadcasts,alias:b"`
	ID            core.BroadcastID
	UID           string `bun:"uid"`
	Kind          core.BroadcastKind
	Original      core.BroadcastID
	State         core.BroadcastState
	Moved         micros
	Why           core.Reason
	Sealed        []byte
	Menu          core.MenuToken
	Due           micros
	Expires       micros
	Again         core.Again
	Large         bool
	Proposer      core.SupporterID
	Approver      core.SupporterID
	Hash          []byte
	Frozen        core.SupporterID
	Upto          core.SupporterID
	Streak        int
	Counts        string
	Wave          core.Wave // of a claim
}

// broadcastColumns are those of a broadcastRow.
const broadcastColumns bun.Safe = `b.id, b.uid, b.kind, b.original, b.state, b.moved, b.why, b.sealed, b.menu, b.due, b.expires,
	b.again, b.large, b.proposer, b.approver, b.hash, b.frozen, b.upto, b.streak, b.counts`

// broadcastCell is where what a broadcast says is sealed.
func broadcastCell(uid string) cell { return cell{Table: "broadcasts", Column: "sealed", Row: uid} }

// blobOf is the blob that l needs, or 0.
func blobOf(l *core.Letterhead) core.BlobID {
	if l.File == nil {
		return 0
	}
	return l.File.Blob
}

// newMenu returns a token that nobody can guess.
func newMenu() core.MenuToken { return core.MenuToken(strings.ToLower(rand.Text())[:16]) }

// CreateBroadcast implements core.BroadcastStore.
func (t *tx) CreateBroadcast(ctx context.Context, b *core.Broadcast) error {
	uid := rand.Text()
	b.Menu, b.Kind = newMenu(), cmp.Or(b.Kind, core.Announce)
	sealed, err := t.keys.sealJSON(broadcastCell(uid), &b.Letterhead)
	if err != nil {
		return err
	}
	var moved micros
	err = t.NewRaw(`
		INSERT INTO broadcasts (uid, kind, original, state, moved, why, sealed, blob, menu, due, expires, again, large,
			proposer, approver, hash, frozen, upto, streak, counts)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, '') RETURNING id, moved`,
		uid, b.Kind, b.Of, b.State, t.clock(), b.Why, sealed, blobOf(&b.Letterhead), b.Menu, microsOf(b.Due),
		microsOf(b.Expires), b.Again, b.Large, b.Proposer, b.Approver, b.Hash[:],
	).Scan(ctx, &b.ID, &moved)
	b.Moved = moved.Time()
	return failed(err, "create broadcast")
}

// PutBroadcast implements core.BroadcastStore.
func (t *tx) PutBroadcast(ctx context.Context, b *core.Broadcast, from core.BroadcastState) error {
	var uid string
	if err := t.NewRaw("SELECT uid FROM broadcasts WHERE id = ?", b.ID).Scan(ctx, &uid); err != nil {
		return failed(err, "find broadcast")
	}
	sealed, err := t.keys.sealJSON(broadcastCell(uid), &b.Letterhead)
	if err != nil {
		return err
	}
	var moved micros
	err = t.NewRaw(`
		UPDATE broadcasts SET state = ?0, moved = CASE WHEN state = ?0 THEN moved ELSE ?1 END, why = ?2, sealed = ?3, blob = ?4,
			due = ?5, expires = ?6, again = ?7, large = ?8, proposer = ?9, approver = ?10, hash = ?11
		WHERE id = ?12 AND state = ?13 RETURNING moved`,
		b.State, t.clock(), b.Why, sealed, blobOf(&b.Letterhead), microsOf(b.Due), microsOf(b.Expires), b.Again, b.Large,
		b.Proposer, b.Approver, b.Hash[:], b.ID, from,
	).Scan(ctx, &moved)
	b.Moved = moved.Time()
	if err = failed(err, "put broadcast"); core.CodeOf(err) == core.NotFound {
		return core.Wrap(core.Conflict, errors.New("its state has changed"), "storage: put broadcast")
	}
	return err
}

// Broadcast implements core.BroadcastReader.
func (t *tx) Broadcast(ctx context.Context, id core.BroadcastID) (*core.Broadcast, error) {
	var r broadcastRow
	if err := t.NewRaw("SELECT ? FROM broadcasts AS b WHERE b.id = ?", broadcastColumns, id).Scan(ctx, &r); err != nil {
		return nil, failed(err, "read broadcast")
	}
	return t.broadcast(&r)
}

// Broadcasts implements core.BroadcastReader.
func (t *tx) Broadcasts(ctx context.Context, by core.SupporterID, states ...core.BroadcastState) ([]*core.Broadcast, error) {
	where := bun.SafeQuery("b.proposer = ?", by)
	if len(states) > 0 {
		where = bun.SafeQuery("b.state IN (?)", bun.List(states))
	}
	var rows []broadcastRow
	err := t.NewRaw("SELECT ? FROM broadcasts AS b WHERE ? ORDER BY b.id DESC", broadcastColumns, where).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "read broadcasts")
	}
	out := make([]*core.Broadcast, len(rows))
	for i := range rows {
		if out[i], err = t.broadcast(&rows[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// broadcast opens a row.
func (t *tx) broadcast(r *broadcastRow) (*core.Broadcast, error) {
	b := &core.Broadcast{
		ID: r.ID, Kind: r.Kind, Of: r.Original, State: r.State, Moved: r.Moved.Time(), Why: r.Why, Due: r.Due.Time(),
		Large: r.Large, Proposer: r.Proposer, Approver: r.Approver, Menu: r.Menu,
		Frozen: r.Frozen, Upto: r.Upto, Streak: r.Streak,
	}
	copy(b.Hash[:], r.Hash)
	if r.Counts != "" {
		b.Final = new(core.Progress)
		if err := json.Unmarshal([]byte(r.Counts), b.Final); err != nil {
			return nil, core.Wrap(core.Internal, err, "storage: read counts of broadcast")
		}
	}
	return b, t.keys.openJSON(broadcastCell(r.UID), r.Sealed, &b.Letterhead)
}

// menuOfBroadcast returns the menu of all copies of a broadcast: its buttons are in no
// chat alone.
func (t *tx) menuOfBroadcast(ctx context.Context, where string, args ...any) (*core.Menu, error) {
	var r broadcastRow
	err := t.NewRaw("SELECT ? FROM broadcasts AS b WHERE ?", broadcastColumns, bun.SafeQuery(where, args...)).Scan(ctx, &r)
	if err != nil {
		return nil, failed(err, "read menu")
	}
	b, err := t.broadcast(&r)
	if err != nil {
		return nil, err
	}
	return &core.Menu{Token: b.Menu, Buttons: b.Choices()}, nil
}

// An audienceRow is a SavedAudience as it is stored.
type audienceRow struct {
	ID        core.AudienceID
	Supporter core.SupporterID
	Sealed    []byte
}

// A sealedAudience is what nobody else sees of it.
type sealedAudience struct {
	Name     string        `json:"n"`
	Audience core.Audience `json:"a"`
}

// audienceCell is where an audience is sealed. Its id is not known when a new one is, and
// is not needed: only the owner reads it.
func audienceCell(owner core.SupporterID) cell {
	c := supporterCell(owner, "sealed")
	c.Table = "audiences"
	return c
}

// Audiences implements core.AudienceReader.
func (t *tx) Audiences(ctx context.Context, owner core.SupporterID) ([]core.SavedAudience, error) {
	var rows []audienceRow
	err := t.NewRaw("SELECT id, supporter, sealed FROM audiences WHERE supporter = ? ORDER BY id", owner).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "read audiences")
	}
	out := make([]core.SavedAudience, len(rows))
	for i, r := range rows {
		var s sealedAudience
		if err := t.keys.openJSON(audienceCell(owner), r.Sealed, &s); err != nil {
			return nil, err
		}
		out[i] = core.SavedAudience{ID: r.ID, Owner: owner, Name: s.Name, Audience: s.Audience}
	}
	return out, nil
}

// PutAudience implements core.AudienceStore. It fails with NotFound if the owner has none
// of that ID.
func (t *tx) PutAudience(ctx context.Context, a *core.SavedAudience) error {
	sealed, err := t.keys.sealJSON(audienceCell(a.Owner), sealedAudience{a.Name, a.Audience})
	if err != nil {
		return err
	}
	if a.ID == 0 {
		err = t.NewRaw("INSERT INTO audiences (supporter, sealed) VALUES (?, ?) RETURNING id", a.Owner, sealed).Scan(ctx, &a.ID)
		return failed(err, "create audience")
	}
	res, err := t.NewRaw("UPDATE audiences SET sealed = ? WHERE id = ? AND supporter = ?", sealed, a.ID, a.Owner).Exec(ctx)
	return once(res, err, core.NotFound, "put audience")
}

// DropAudience implements core.AudienceStore.
func (t *tx) DropAudience(ctx context.Context, owner core.SupporterID, id core.AudienceID) error {
	res, err := t.NewRaw("DELETE FROM audiences WHERE id = ? AND supporter = ?", id, owner).Exec(ctx)
	return once(res, err, core.NotFound, "drop audience")
}
