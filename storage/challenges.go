package storage

import (
	"context"
	"strconv"

	"github.com/uptrace/bun"

	"tocsin/core"
)

// A challengeRow is a Challenge as it is stored.
type challengeRow struct {
	bun.BaseModel `bun:"table:challenges,alias:c"`
	Account       core.AccountID
	Fingerprint   []byte
	Code          []byte
	Made          micros
	Tries         int
	Sends         int
	LastSend      micros
	Closed        bool
}

// codeCell is where the code of an account's challenge is sealed.
func codeCell(a core.AccountID) cell {
	return cell{Table: "challenges", Column: "code", Row: strconv.FormatInt(int64(a), 10)}
}

// PutChallenge implements core.SponsorshipStore. It fails with NotFound if there is no
// such account.
func (t *tx) PutChallenge(ctx context.Context, c *core.Challenge) error {
	var code []byte
	if !c.Closed {
		var err error
		if code, err = t.keys.seal(codeCell(c.Account), []byte(c.Code)); err != nil {
			return err
		}
	}
	res, err := t.NewRaw(`
		INSERT INTO challenges (account, fingerprint, code, made, tries, sends, last_send, closed)
		SELECT a.id, ?, ?, ?, ?, ?, ?, ? FROM accounts AS a WHERE a.id = ?
		ON CONFLICT (account) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, code = EXCLUDED.code,
			made = EXCLUDED.made, tries = EXCLUDED.tries, sends = EXCLUDED.sends,
			last_send = EXCLUDED.last_send, closed = EXCLUDED.closed`,
		c.Fingerprint[:], code, microsOf(c.Made), c.Tries, c.Sends, microsOf(c.LastSend), c.Closed, c.Account,
	).Exec(ctx)
	return once(res, err, core.NotFound, "put challenge")
}

// Challenge implements core.SponsorshipStore. A closed one has no Code.
func (t *tx) Challenge(ctx context.Context, a core.AccountID) (*core.Challenge, error) {
	var r challengeRow
	err := t.NewRaw(`
		SELECT account, fingerprint, code, made, tries, sends, last_send, closed
		FROM challenges WHERE account = ?`, a,
	).Scan(ctx, &r)
	if err != nil {
		return nil, failed(err, "read challenge")
	}
	c := &core.Challenge{
		Account: r.Account, Made: r.Made.Time(), Tries: r.Tries, Sends: r.Sends, LastSend: r.LastSend.Time(), Closed: r.Closed,
	}
	copy(c.Fingerprint[:], r.Fingerprint)
	if r.Code == nil {
		return c, nil
	}
	code, err := t.keys.open(codeCell(a), r.Code)
	c.Code = core.Code8(code)
	return c, err
}
