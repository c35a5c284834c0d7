package storage

import (
	"context"
	"database/sql"
	"errors"
	"strconv"

	"tocsin/core"
)

// MarkSeen implements core.ConversationStore.
func (t *tx) MarkSeen(ctx context.Context, b core.BotID, update string) error {
	bot, err := t.bot(ctx, b)
	if err != nil {
		return err
	}
	res, err := t.often("INSERT INTO seen_updates (bot, update_id, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
		bot, update, t.clock()).Exec(ctx)
	return once(res, err, core.Conflict, "mark update seen")
}

// A sealedConversation is what is sealed of a Conversation.
type sealedConversation struct {
	Frames   []core.Frame     `json:"f,omitempty"`
	Menus    []core.MenuToken `json:"m,omitempty"`
	Language string           `json:"l,omitempty"`
	At       micros           `json:"t,omitempty"`
	Plain    bool             `json:"p,omitempty"`
	Last     *core.Answered   `json:"a,omitempty"`
	Asked    bool             `json:"h,omitempty"`
	Greeted  bool             `json:"g,omitempty"`
}

func conversationCell(c core.ChatID, a core.AccountID) cell {
	row := strconv.FormatInt(int64(c), 10) + "/" + strconv.FormatInt(int64(a), 10)
	return cell{Table: "conversations", Column: "sealed", Row: row}
}

// Conversation implements core.ConversationStore.
func (t *tx) Conversation(ctx context.Context, c core.ChatID, a core.AccountID) (*core.Conversation, error) {
	out := &core.Conversation{Chat: c, Account: a}
	var sealed []byte
	err := t.often("SELECT sealed, version FROM conversations WHERE chat = ? AND account = ?", c, a).
		Scan(ctx, &sealed, &out.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return out, nil
	}
	if err != nil {
		return nil, failed(err, "read conversation")
	}
	var s sealedConversation
	if err := t.keys.openJSON(conversationCell(c, a), sealed, &s); err != nil {
		return nil, err
	}
	out.Frames, out.Menus, out.Language, out.At = s.Frames, s.Menus, s.Language, s.At.Time()
	out.Plain, out.Last, out.Asked, out.Greeted = s.Plain, s.Last, s.Asked, s.Greeted
	return out, nil
}

// DropConversations implements core.ConversationStore. A turn that ends in one of them at
// the same time meets a conflict, and is run again.
func (t *tx) DropConversations(ctx context.Context, a core.AccountID, but core.ChatID) error {
	_, err := t.NewRaw("DELETE FROM conversations WHERE account = ? AND chat <> ?", a, but).Exec(ctx)
	return failed(err, "drop conversations")
}

// PutConversation implements core.ConversationStore.
func (t *tx) PutConversation(ctx context.Context, c *core.Conversation) error {
	sealed, err := t.keys.sealJSON(conversationCell(c.Chat, c.Account),
		&sealedConversation{
			Frames: c.Frames, Menus: c.Menus, Language: c.Language, At: microsOf(c.At), Plain: c.Plain, Last: c.Last,
			Asked: c.Asked, Greeted: c.Greeted,
		})
	if err != nil {
		return err
	}
	query := `UPDATE conversations SET sealed = ?2, version = ?3 + 1, day = ?4
		WHERE chat = ?0 AND account = ?1 AND version = ?3`
	if c.Version == 0 {
		query = `INSERT INTO conversations (chat, account, sealed, version, day)
			VALUES (?0, ?1, ?2, ?3 + 1, ?4) ON CONFLICT DO NOTHING`
	}
	res, err := t.often(query, c.Chat, c.Account, sealed, c.Version, t.today()).Exec(ctx)
	if err := once(res, err, core.Conflict, "put conversation"); err != nil {
		return err
	}
	c.Version++
	return nil
}
