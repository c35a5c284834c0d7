package storage

import (
	"context"

	"tocsin/core"
)

// A menuRow is a menu as it is stored; its buttons are sealed.
type menuRow struct {
	Token   core.MenuToken
	Chat    core.ChatID
	Account core.AccountID
	Message core.OutgoingID
	Sealed  []byte
}

// selectMenus begins a query of menuRows.
const selectMenus = "SELECT m.token, m.chat, m.account, m.message, m.sealed FROM menus AS m "

func menuCell(t core.MenuToken) cell {
	return cell{Table: "menus", Column: "sealed", Row: string(t)}
}

// PutMenu implements core.ConversationStore. A menu with the same token is replaced.
func (t *tx) PutMenu(ctx context.Context, m *core.Menu) error {
	sealed, err := t.keys.sealJSON(menuCell(m.Token), m.Buttons)
	if err != nil {
		return err
	}
	_, err = t.often(`
		INSERT INTO menus (token, chat, account, message, sealed, day) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (token) DO UPDATE SET chat = EXCLUDED.chat, account = EXCLUDED.account,
			message = EXCLUDED.message, sealed = EXCLUDED.sealed, day = EXCLUDED.day`,
		m.Token, m.Chat, m.Account, m.Message, sealed, t.today()).Exec(ctx)
	return failed(err, "put menu")
}

// Menu implements core.ConversationStore.
func (t *tx) Menu(ctx context.Context, token core.MenuToken) (*core.Menu, error) {
	m, err := t.menu(ctx, selectMenus+"WHERE m.token = ?", token)
	if core.CodeOf(err) == core.NotFound {
		return t.menuOfBroadcast(ctx, "b.menu = ?", token)
	}
	return m, err
}

// MenuOn implements core.ConversationStore. Of a message in parts, each names it.
func (t *tx) MenuOn(ctx context.Context, c core.ChatID, r core.ReceiptID) (*core.Menu, error) {
	m, err := t.menu(ctx, selectMenus+"JOIN receipts AS r ON r.message = m.message WHERE r.chat = ? AND r.part = ?", c, r)
	if core.CodeOf(err) == core.NotFound {
		return t.menuOfBroadcast(ctx, `b.id = (SELECT max(o.id) FROM broadcasts AS o CROSS JOIN recipients AS r
			WHERE r.broadcast = o.id AND r.chat = ?0 AND (r.receipt = ?1 OR r.receipt LIKE ?2 OR r.receipt LIKE ?3))`,
			c, r, string(r)+"\n%", "%\n"+string(r)+"%")
	}
	return m, err
}

func (t *tx) menu(ctx context.Context, query string, args ...any) (*core.Menu, error) {
	r := new(menuRow)
	if err := t.often(query, args...).Scan(ctx, r); err != nil {
		return nil, failed(err, "read menu")
	}
	m := &core.Menu{Token: r.Token, Chat: r.Chat, Account: r.Account, Message: r.Message}
	if err := t.keys.openJSON(menuCell(r.Token), r.Sealed, &m.Buttons); err != nil {
		return nil, err
	}
	return m, nil
}
