//go:build bench

package bench

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/storage"
)

// signedUp is how many people are in the database of each side; the first of them speak.
const signedUp = 500

// turnBot is the bot that they speak to.
const turnBot core.BotID = "telegram:4711"

// signUp stores people who are at the last question of their sign-up.
func signUp(t *testing.T, s *storage.Store) {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	told := map[string]string{"purpose": string(core.ToTeam)}
	for _, p := range core.Purposes {
		told["consent."+string(p)] = "yes " + now.Format(time.RFC3339Nano)
	}
	for batch := range slices.Chunk(numbers(signedUp), 200) {
		must(t, s.Tx(ctx, func(tx core.Tx) error {
			for _, i := range batch {
				p := &core.Supporter{
					State: core.Active, Name: "Camille Durand", Language: "en", Zone: "Europe/Paris",
					Cell: core.Cell(geo.CellOf(towns[i%len(towns)])), Place: 1, Area: "FR/84/69", Radius: core.DefaultRadius,
					Often: core.Weekly, Since: core.DayOf(now), Seen: core.DayOf(now),
				}
				if err := admit(ctx, tx, i, p, told); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// admit stores one of them.
func admit(ctx context.Context, tx core.Tx, i int, p *core.Supporter, told map[string]string) error {
	chat, err := tx.EnterChat(ctx, chatOf(i), core.Private)
	if err != nil {
		return err
	}
	account, err := tx.EnterAccount(ctx, accountOf(i))
	if err != nil {
		return err
	}
	if err := tx.CreateSupporter(ctx, p); err != nil {
		return err
	}
	account.Supporter, account.Home = p.ID, chat.ID
	if err := tx.PutAccount(ctx, account); err != nil {
		return err
	}
	return tx.PutConversation(ctx, &core.Conversation{
		Chat: chat.ID, Account: account.ID, At: time.Now(),
		Frames: []core.Frame{{Flow: "signup", Step: "often", Data: told}},
	})
}

func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func chatOf(person int) core.ChatRef {
	return core.ChatRef{Bot: turnBot, Chat: fmt.Sprint(5_000_000_000 + person)}
}

func accountOf(person int) core.AccountRef {
	return core.AccountRef{Bot: turnBot, ID: fmt.Sprint(5_000_000_000 + person)}
}
