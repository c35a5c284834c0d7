package scheduler

import (
	"context"
	"fmt"
	"time"

	"tocsin/core"
)

// stalePosts is how many posts one transaction renews.
const stalePosts = 100

// tellGroups tells the groups that follow a place near an action of it, each once, and
// returns how many. In a silence they are told after it.
func (a *Alerts) tellGroups(ctx context.Context, store core.Store, action *core.Action, c calling) (told int, err error) {
	due := a.Campaign.AfterSilence(core.World, c.now)
	if c.wider > 1 || action == nil || !action.Announceable(due) {
		return 0, nil
	}
	if c.dry {
		err = store.Read(ctx, func(r core.Reader) error {
			groups, err := r.Followers(ctx, action)
			told = len(groups)
			return err
		})
		return told, err
	}
	err = store.Tx(ctx, func(tx core.Tx) (err error) {
		told, err = core.TellGroups(ctx, tx, action, due)
		return err
	})
	return told, err
}

// renewPosts shows what became of actions where they were announced, and returns how many
// posts that are.
func (a *Alerts) renewPosts(ctx context.Context, store core.Store, now time.Time, dry Dry) (int, error) {
	total, due := 0, a.Campaign.AfterSilence(core.World, now)
	for {
		n := 0
		renew := func(tx core.Tx) error {
			stale, err := tx.StalePosts(ctx, due, stalePosts)
			n = len(stale)
			for _, p := range stale {
				if err == nil {
					err = core.Refresh(ctx, tx, p, due)
				}
			}
			return err
		}
		var err error
		if dry {
			err = store.Read(ctx, func(r core.Reader) error {
				stale, err := r.StalePosts(ctx, due, stalePosts)
				n = len(stale)
				return err
			})
		} else {
			err = store.Tx(ctx, renew)
		}
		if err != nil {
			return total, fmt.Errorf("scheduler: renew posts: %w", err)
		}
		if total += n; bool(dry) || n < stalePosts {
			return total, nil
		}
	}
}
