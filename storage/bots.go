package storage

import (
	"context"
	"maps"
	"sync"

	"tocsin/core"
)

// botIDs knows the surrogate ids of bots. They never change, so those that were
// committed are kept; those of a transaction that is rolled back are forgotten with it.
type botIDs struct {
	mu sync.Mutex
	id map[core.BotID]int64
	of *botIDs // the store's, of a transaction's
}

// get returns the id of a bot, or 0 if it is not known here.
func (b *botIDs) get(name core.BotID) int64 {
	b.mu.Lock()
	id := b.id[name]
	b.mu.Unlock()
	if id == 0 && b.of != nil {
		return b.of.get(name)
	}
	return id
}

func (b *botIDs) put(name core.BotID, id int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.id == nil {
		b.id = make(map[core.BotID]int64)
	}
	b.id[name] = id
}

// keep gives what a transaction learnt to the store.
func (b *botIDs) keep() {
	if len(b.id) == 0 {
		return
	}
	b.of.mu.Lock()
	defer b.of.mu.Unlock()
	if b.of.id == nil {
		b.of.id = make(map[core.BotID]int64)
	}
	maps.Copy(b.of.id, b.id)
}

// bot returns the surrogate id of a bot, which is made on first sight.
func (t *tx) bot(ctx context.Context, name core.BotID) (int64, error) {
	if id := t.bots.get(name); id != 0 {
		return id, nil
	}
	_, err := t.NewRaw("INSERT INTO bots (name) VALUES (?) ON CONFLICT DO NOTHING", name).Exec(ctx)
	if err != nil {
		return 0, failed(err, "put bot")
	}
	var id int64
	if err := t.NewRaw("SELECT id FROM bots WHERE name = ?", name).Scan(ctx, &id); err != nil {
		return 0, failed(err, "find bot")
	}
	t.bots.put(name, id)
	return id, nil
}
