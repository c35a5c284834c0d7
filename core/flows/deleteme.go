package flows

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
)

// accountForget is the task that removes the accounts of who asked to be forgotten,
// once they were told; unless they have begun anew.
const accountForget core.TaskName = "account.forget"

// deleted is told to the other chats of who asked to be forgotten.
const deleted core.ReferenceKind = "deleted"

// goodbye is how long the last message may take before its chat is removed: whoever
// goes on writing is answered first.
const goodbye = 30 * time.Second

// deleteMe removes a person in two steps: it says what goes and what stays, and then
// all that is keyed by them goes.
func deleteMe() *conversation.Flow {
	return &conversation.Flow{
		Name:     "deleteme",
		Commands: []conversation.Command{{Name: "deleteme", Do: openDelete, Banned: true}},
		Steps:    map[string]conversation.Step{"confirm": {Ask: askDelete, Choice: takeDelete}},
		Tasks:    map[core.TaskName]conversation.Task{accountForget: forgetAccount},
		References: map[core.ReferenceKind]conversation.Rendering{
			deleted: func(_ context.Context, s *conversation.Scene, _ []int64) (*core.Message, error) {
				return s.Message("deleteme.done", nil), nil
			},
		},
	}
}

func openDelete(_ context.Context, t *conversation.Turn, _ string) error {
	t.Aside("deleteme", "confirm")
	return nil
}

func askDelete(_ context.Context, t *conversation.Turn) error {
	if t.Supporter != nil && t.Supporter.State == core.Banned {
		t.Say("deleteme.barred", nil)
	}
	t.Choose("deleteme.ask", nil, t.Button("deleteme.yes", "delete"), t.Button("deleteme.no", "keep"))
	return nil
}

func takeDelete(ctx context.Context, t *conversation.Turn, do core.Do) error {
	if do.Verb != "delete" {
		t.End()
		t.Say("deleteme.kept", nil)
		return nil
	}
	accounts := []core.Account{*t.Account}
	if t.Supporter != nil {
		var err error
		if accounts, err = t.Tx.AccountsOf(ctx, t.Supporter.ID); err != nil {
			return err
		}
		if err := t.Tx.Forget(ctx, t.Supporter.ID); err != nil {
			return err
		}
	}
	t.Supporter, t.Account.Supporter = nil, 0
	t.Close()
	t.Say("deleteme.done", nil)
	for _, a := range accounts {
		w := conversation.Window{Due: t.Now.Add(goodbye)}
		if err := t.Later(accountForget, a.ID, w); err != nil {
			return err
		}
	}
	others := slices.DeleteFunc(accounts, func(a core.Account) bool { return a.ID == t.Account.ID })
	return sayGoodbye(ctx, t, others)
}

// sayGoodbye closes what is open in the chats of the other accounts, and tells them.
func sayGoodbye(ctx context.Context, t *conversation.Turn, others []core.Account) error {
	for _, a := range others {
		if err := t.Tx.DropConversations(ctx, a.ID, 0); err != nil {
			return err
		}
	}
	return core.Tell(ctx, t.Tx, others, core.Reference{Kind: deleted, Language: string(t.Language.Language())})
}

// forgetAccount is the task behind it.
func forgetAccount(ctx context.Context, b *conversation.Bot, payload []byte) error {
	var id core.AccountID
	if err := json.Unmarshal(payload, &id); err != nil {
		return core.Wrap(core.Internal, err, "flows: read account to forget")
	}
	var gone *core.Account
	err := b.Store.Tx(ctx, func(tx core.Tx) (err error) {
		gone, err = silent(ctx, tx, id, payload)
		return err
	})
	if err != nil || gone == nil {
		return err
	}
	if b.Forget != nil { // before the account: after it nobody would know whom to forget
		if err := b.Forget(ctx, gone.Ref); err != nil {
			return err
		}
	}
	return b.Store.Tx(ctx, func(tx core.Tx) error {
		if gone, err := silent(ctx, tx, id, payload); err != nil || gone == nil {
			return err
		}
		return tx.ForgetAccount(ctx, id)
	})
}

// silent returns an account that asked to be forgotten and has been silent since; nil if it
// is gone or has begun anew. Whoever goes on writing is asked about later.
func silent(ctx context.Context, tx core.Tx, id core.AccountID, payload []byte) (*core.Account, error) {
	a, err := tx.Account(ctx, id)
	if core.CodeOf(err) == core.NotFound || err == nil && a.Supporter != 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	talk, err := tx.Conversation(ctx, a.Home, a.ID)
	if err != nil || len(talk.Frames) > 0 {
		return nil, err
	}
	now, err := tx.Now(ctx)
	if err != nil {
		return nil, err
	}
	if quiet := talk.At.Add(goodbye); quiet.After(now) {
		return nil, tx.Enqueue(ctx, &core.Outgoing{
			Lane: core.Talk, Content: &core.Task{Name: accountForget, Payload: payload}, Due: quiet, Again: core.TwiceOkay,
		})
	}
	return a, nil
}
