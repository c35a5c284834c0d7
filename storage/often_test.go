package storage

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"tocsin/core"
)

// kept returns how many statements the connection that writes keeps prepared.
func kept(t *testing.T, s *Store) (n int) {
	t.Helper()
	conn, err := s.write.DB.Conn(t.Context())
	if err == nil {
		err = conn.Raw(func(c any) error {
			n = len(c.(*keeping).kept)
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStatementsOfATurnStayPrepared(t *testing.T) {
	t.Parallel()
	s := openQueue(t, "sqlite:"+filepath.Join(t.TempDir(), "tocsin.db"))
	turn := func(i int) {
		inTx(t, s, func(ctx context.Context, x *tx) error {
			c, err := x.EnterChat(ctx, core.ChatRef{Bot: queueBot, Chat: fmt.Sprint("chat", i)}, core.Private)
			if err != nil {
				return err
			}
			if err := x.MarkSeen(ctx, queueBot, fmt.Sprint(i)); err != nil {
				return err
			}
			return x.Enqueue(ctx, &core.Outgoing{Chat: c.ID, Lane: core.Talk, Content: &core.Message{}})
		})
	}
	turn(1)
	after := kept(t, s)
	if after == 0 {
		t.Error("nothing is kept")
	}
	turn(2)
	execute(t, s, "ALTER TABLE outbox ADD COLUMN more TEXT") // they are planned anew by themselves
	turn(3)
	if n := kept(t, s); n != after {
		t.Errorf("after one turn %d statements are kept, after three %d", after, n)
	}
}

func TestValuesAreBoundAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	s := openQueue(t, "sqlite:"+filepath.Join(t.TempDir(), "tocsin.db"))
	const query = "SELECT quote(?0) || ' ' || typeof(?0)"
	for _, v := range []any{
		int64(-1) << 63, 0, core.Lane(2), true, false, "", "é'\"\\?0b", core.Queued, []byte(nil), []byte{}, []byte{0, 39, 255}, nil, 0.5,
	} {
		inTx(t, s, func(ctx context.Context, x *tx) error {
			var written, bound string
			if err := x.NewRaw(query, v).Scan(ctx, &written); err != nil {
				return err
			}
			if err := x.often(query, v).Scan(ctx, &bound); err != nil {
				return err
			}
			if written != bound {
				t.Errorf("%#v is written as %s and bound as %s", v, written, bound)
			}
			return nil
		})
	}
}
