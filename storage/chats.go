package storage

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"strconv"

	"tocsin/core"
)

// A chatRow is a chat as it is stored; the rest of its ref is sealed.
type chatRow struct {
	ID     core.ChatID
	Root   core.ChatID
	Bot    core.BotID
	Kind   core.ChatKind
	Closed bool
	Sealed []byte
}

// selectChats begins a query of chatRows.
const selectChats = `SELECT c.id, c.root, b.name AS bot, c.kind, c.closed, c.sealed
	FROM chats AS c JOIN bots AS b ON b.id = c.bot `

func chatCell(id core.ChatID) cell {
	return cell{Table: "chats", Column: "sealed", Row: strconv.FormatInt(int64(id), 10)}
}

// findChat returns what a chat is found by.
func (t *tx) findChat(ref core.ChatRef) []byte {
	return t.keys.find("chat", string(ref.Bot), ref.Chat, ref.Thread)
}

// chat opens r.
func (t *tx) chat(r *chatRow) (*core.Chat, error) {
	plain, err := t.keys.open(chatCell(r.ID), r.Sealed)
	if err != nil {
		return nil, err
	}
	parts, ok := unpack(plain)
	if !ok || len(parts) != 2 {
		return nil, core.Wrap(core.Internal, errors.New("it is not of the expected form"), "storage: open sealed chats")
	}
	ref := core.ChatRef{Bot: r.Bot, Chat: parts[0], Thread: parts[1]}
	return &core.Chat{ID: r.ID, Root: r.Root, Ref: ref, Kind: r.Kind, Closed: r.Closed}, nil
}

// Chat implements core.ChatReader.
func (t *tx) Chat(ctx context.Context, id core.ChatID) (*core.Chat, error) {
	if c, ok := t.chats[id]; ok {
		return &c, nil
	}
	r := new(chatRow)
	if err := t.often(selectChats+"WHERE c.id = ?", id).Scan(ctx, r); err != nil {
		return nil, failed(err, "read chat")
	}
	return t.chat(r)
}

// learnChats reads chats at once, which are then known until a chat is changed.
func (t *tx) learnChats(ctx context.Context, ids []core.ChatID) error {
	if len(ids) == 0 {
		return nil
	}
	among, list := idsIn(t, "c.id", ids)
	var rows []chatRow
	if err := t.often(selectChats+"WHERE "+among, list).Scan(ctx, &rows); err != nil {
		return failed(err, "read chats")
	}
	if t.chats == nil {
		t.chats = map[core.ChatID]core.Chat{}
	}
	for i := range rows {
		c, err := t.chat(&rows[i])
		if core.CodeOf(err) == core.Internal {
			continue // who asks for this chat alone is told
		}
		if err != nil {
			return err
		}
		t.chats[c.ID] = *c
	}
	return nil
}

// EnterChat implements core.ChatStore. A chat that is known has the kind that it was
// entered with last.
func (t *tx) EnterChat(ctx context.Context, ref core.ChatRef, k core.ChatKind) (*core.Chat, error) {
	if err := t.lockChat(ctx, ref); err != nil {
		return nil, err
	}
	c, err := t.getChat(ctx, ref, k)
	if err != nil || c.Kind == k {
		return c, err
	}
	c.Kind, t.chats = k, nil
	_, err = t.NewRaw("UPDATE chats SET kind = ? WHERE id = ?", k, c.ID).Exec(ctx)
	return c, failed(err, "put kind of chat")
}

// lockChat locks a chat with its threads until the transaction ends. On SQLite there is
// no other transaction that writes. The lock is a statement of its own: the next one
// must see what the last holder committed.
func (t *tx) lockChat(ctx context.Context, ref core.ChatRef) error {
	if !t.postgres() {
		return nil
	}
	lock := int64(binary.BigEndian.Uint64(t.findChat(ref.Root())))
	_, err := t.NewRaw("SELECT pg_advisory_xact_lock(?)", lock).Exec(ctx)
	return failed(err, "lock chat")
}

// getChat returns a chat that is locked, created on first sight.
func (t *tx) getChat(ctx context.Context, ref core.ChatRef, k core.ChatKind) (*core.Chat, error) {
	c := &core.Chat{Ref: ref}
	err := t.often("SELECT id, root, kind, closed FROM chats WHERE find = ?", t.findChat(ref)).
		Scan(ctx, &c.ID, &c.Root, &c.Kind, &c.Closed)
	if errors.Is(err, sql.ErrNoRows) {
		return t.createChat(ctx, ref, k)
	}
	if err != nil {
		return nil, failed(err, "find chat")
	}
	return c, nil
}

// createChat stores a chat, and the chat that it is a thread of if that is new too. Its
// ref is sealed for its id, so it gets that first.
func (t *tx) createChat(ctx context.Context, ref core.ChatRef, k core.ChatKind) (*core.Chat, error) {
	c := &core.Chat{Ref: ref, Kind: k}
	if ref != ref.Root() {
		root, err := t.getChat(ctx, ref.Root(), k)
		if err != nil {
			return nil, err
		}
		c.Root, c.Closed = root.ID, root.Closed
	}
	bot, err := t.bot(ctx, ref.Bot)
	if err != nil {
		return nil, err
	}
	err = t.NewRaw(`
		INSERT INTO chats (bot, root, kind, closed, find, sealed) VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
		bot, c.Root, k, c.Closed, t.findChat(ref), []byte{}).Scan(ctx, &c.ID)
	if err != nil {
		return nil, failed(err, "create chat")
	}
	if c.Root == 0 {
		c.Root = c.ID
	}
	return c, t.nameChat(ctx, c.ID, c.Root, ref)
}

// nameChat stores the sealed ref of a chat.
func (t *tx) nameChat(ctx context.Context, id, root core.ChatID, ref core.ChatRef) error {
	sealed, err := t.keys.seal(chatCell(id), pack(ref.Chat, ref.Thread))
	if err != nil {
		return err
	}
	_, err = t.NewRaw("UPDATE chats SET root = ?, find = ?, sealed = ? WHERE id = ?",
		root, t.findChat(ref), sealed, id).Exec(ctx)
	return failed(err, "name chat")
}

// CloseChat implements core.ChatStore: with a chat, its threads are closed and opened.
// It fails with NotFound if there is no such chat.
func (t *tx) CloseChat(ctx context.Context, id core.ChatID, closed bool) error {
	t.chats = nil
	res, err := t.NewRaw("UPDATE chats SET closed = ?0 WHERE id = ?1 OR root = ?1", closed, id).Exec(ctx)
	return once(res, err, core.NotFound, "close chat")
}
