package storage

import (
	"context"
	"database/sql"
	"errors"

	"tocsin/core"
)

// MoveChat implements core.ChatStore. It fails with NotFound if there is no such chat,
// and with Invalid if the new name is one of another bot. What the platform called its
// messages in the old chat is forgotten: in the new one the same name means another.
func (t *tx) MoveChat(ctx context.Context, id core.ChatID, to core.ChatRef) error {
	t.chats, t.known = nil, known{}
	chat, err := t.Chat(ctx, id)
	if err != nil {
		return err
	}
	from := chat.Ref.Root()
	to = to.Root()
	if from.Bot != to.Bot {
		return core.Wrap(core.Invalid, errors.New("the new name is of another bot"), "storage: move chat")
	}
	if from == to {
		return nil
	}
	for _, ref := range []core.ChatRef{from, to} {
		if err := t.lockChat(ctx, ref); err != nil {
			return err
		}
	}
	var rows []chatRow
	if err := t.NewRaw(selectChats+"WHERE c.root = ? ORDER BY c.id", chat.Root).Scan(ctx, &rows); err != nil {
		return failed(err, "read threads of chat")
	}
	for i := range rows {
		c, err := t.chat(&rows[i])
		if err != nil {
			return err
		}
		if err := t.moveChat(ctx, c, core.ChatRef{Bot: to.Bot, Chat: to.Chat, Thread: c.Ref.Thread}); err != nil {
			return err
		}
	}
	return nil
}

// moveChat gives one chat or thread another name.
func (t *tx) moveChat(ctx context.Context, c *core.Chat, to core.ChatRef) error {
	if err := t.forgetReceipts(ctx, c); err != nil {
		return err
	}
	var gone core.ChatID
	err := t.NewRaw("SELECT id FROM chats WHERE find = ?", t.findChat(to)).Scan(ctx, &gone)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return failed(err, "find chat")
	}
	if err == nil {
		err = t.mergeChat(ctx, c.ID, gone)
	} else { // what goes on is there, even if the platform called the old name gone
		_, err = t.NewRaw("UPDATE chats SET closed = FALSE WHERE id = ? AND closed", c.ID).Exec(ctx)
		err = failed(err, "open moved chat")
	}
	if err != nil {
		return err
	}
	return t.nameChat(ctx, c.ID, c.Root, to)
}

// forgetReceipts forgets what the platform called the messages of a chat that gets another
// name. In one that was opened they were called so under its true name.
func (t *tx) forgetReceipts(ctx context.Context, c *core.Chat) error {
	if _, opened := c.Ref.Opens(); opened {
		return nil
	}
	for _, query := range []string{
		"UPDATE outbox SET receipt = '' WHERE chat = ? AND receipt <> ''",
		"UPDATE recipients SET receipt = '' WHERE chat = ? AND receipt <> ''",
		"DELETE FROM receipts WHERE chat = ?",
	} {
		if _, err := t.NewRaw(query, c.ID).Exec(ctx); err != nil {
			return failed(err, "forget receipts")
		}
	}
	return nil
}

// mergeSteps move all that hangs on the chat ?1 to the chat ?0, which then takes its
// place. Of two rows where there can be one, a slot that is held longer stays, and a
// copy of a broadcast that is settled; the rest is as it was last.
var mergeSteps = []string{
	"UPDATE menus SET chat = ?0 WHERE chat = ?1",
	"UPDATE receipts SET chat = ?0 WHERE chat = ?1",
	"UPDATE accounts SET home = ?0 WHERE home = ?1",
	`DELETE FROM slots AS s WHERE s.chat IN (?0, ?1) AND EXISTS (
		SELECT 1 FROM slots AS o WHERE o.bot = s.bot AND o.chat IN (?0, ?1) AND o.chat <> s.chat
			AND (o.ready_at > s.ready_at OR o.ready_at = s.ready_at AND o.chat = ?0))`,
	"UPDATE slots SET chat = ?0 WHERE chat = ?1",
	`DELETE FROM recipients AS r WHERE r.chat IN (?0, ?1) AND EXISTS (
		SELECT 1 FROM recipients AS o WHERE o.broadcast = r.broadcast AND o.chat IN (?0, ?1) AND o.chat <> r.chat
			AND CASE WHEN (o.state = 'queued') = (r.state = 'queued') THEN o.chat = ?0 ELSE r.state = 'queued' END)`,
	"UPDATE recipients SET chat = ?0 WHERE chat = ?1",
	`DELETE FROM follows AS f WHERE f.chat = ?1
		AND EXISTS (SELECT 1 FROM follows AS o WHERE o.chat = ?0 AND o.place = f.place)`,
	"UPDATE follows SET chat = ?0 WHERE chat = ?1",
	`DELETE FROM posts AS p WHERE p.chat = ?1
		AND EXISTS (SELECT 1 FROM posts AS o WHERE o.chat = ?0 AND o.action = p.action)`,
	"UPDATE posts SET chat = ?0 WHERE chat = ?1",
	"UPDATE chats SET closed = (SELECT g.closed FROM chats AS g WHERE g.id = ?1) WHERE id = ?0",
	"UPDATE chats SET root = ?0 WHERE root = ?1 AND id <> ?1",
	"DELETE FROM chats WHERE id = ?1",
}

// mergeChat moves all that hangs on the chat gone to the chat keep.
func (t *tx) mergeChat(ctx context.Context, keep, gone core.ChatID) error {
	if err := t.mergeOutbox(ctx, keep, gone); err != nil {
		return err
	}
	if err := t.mergeConversations(ctx, keep, gone); err != nil {
		return err
	}
	for _, query := range mergeSteps {
		if _, err := t.NewRaw(query, keep, gone).Exec(ctx); err != nil {
			return failed(err, "merge chats")
		}
	}
	return nil
}

// mergeOutbox moves what was or will be sent. Content is sealed for its chat, so it is
// sealed anew.
func (t *tx) mergeOutbox(ctx context.Context, keep, gone core.ChatID) error {
	var rows []struct {
		ID     core.OutgoingID
		UID    string `bun:"uid"`
		Sealed []byte
	}
	err := t.NewRaw("SELECT id, uid, sealed FROM outbox WHERE chat = ? AND sealed IS NOT NULL", gone).Scan(ctx, &rows)
	if err != nil {
		return failed(err, "read outbox of chat")
	}
	for i := range rows {
		r := &rows[i]
		sealed, err := t.reseal(outboxCell(gone, r.UID), outboxCell(keep, r.UID), r.Sealed)
		if err != nil {
			return err
		}
		if _, err := t.NewRaw("UPDATE outbox SET sealed = ? WHERE id = ?", sealed, r.ID).Exec(ctx); err != nil {
			return failed(err, "merge outboxes")
		}
	}
	_, err = t.NewRaw("UPDATE outbox SET chat = ? WHERE chat = ?", keep, gone).Exec(ctx)
	return failed(err, "merge outboxes")
}

// mergeConversations moves conversations. Where one person has one in both chats, the
// later one stays, under the version of the chat that stays: who is in the middle of a
// turn there can still store it.
func (t *tx) mergeConversations(ctx context.Context, keep, gone core.ChatID) error {
	var accounts []core.AccountID
	err := t.NewRaw("SELECT account FROM conversations WHERE chat = ?", gone).Scan(ctx, &accounts)
	if err != nil {
		return failed(err, "read conversations of chat")
	}
	for _, a := range accounts {
		here, err := t.Conversation(ctx, keep, a)
		if err != nil {
			return err
		}
		there, err := t.Conversation(ctx, gone, a)
		if err != nil {
			return err
		}
		if here.Version > 0 && !there.At.After(here.At) {
			continue
		}
		there.Chat, there.Version = keep, here.Version
		if err := t.PutConversation(ctx, there); err != nil {
			return err
		}
		if here.Version > 0 {
			_, err = t.NewRaw("UPDATE conversations SET version = ? WHERE chat = ? AND account = ?",
				here.Version, keep, a).Exec(ctx)
			if err != nil {
				return failed(err, "merge conversations")
			}
		}
	}
	_, err = t.NewRaw("DELETE FROM conversations WHERE chat = ?", gone).Exec(ctx)
	return failed(err, "merge conversations")
}

// reseal moves a sealed value from one cell to another.
func (t *tx) reseal(from, to cell, sealed []byte) ([]byte, error) {
	plain, err := t.keys.open(from, sealed)
	if err != nil {
		return nil, err
	}
	return t.keys.seal(to, plain)
}
