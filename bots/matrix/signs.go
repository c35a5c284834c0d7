package matrix

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// How often a chat is shown that it is read, how long an answer may take before the chat
// is shown that it is being written, and how often that is said.
const (
	readEvery = 3 * time.Second
	typeAfter = time.Second
	typeEvery = 10 * time.Second
	signTime  = 3 * time.Second // of one call: nothing waits longer for a sign
)

// signs are what private chats are shown of what the bot does. They help people and count
// for nothing: one that fails is left out.
type signs struct {
	mu   sync.Mutex
	read map[id.RoomID]id.EventID // the last event that was handled, and is not shown as read
}

// outcome waits for the answer of an update. While that takes long, its chat is shown that
// somebody is typing.
func (r *receiver) outcome(ctx context.Context, a answer) error {
	if a.update == nil || a.update.Kind != core.Private || r.config.Discreet {
		return <-a.done
	}
	slow := time.NewTimer(typeAfter)
	defer slow.Stop()
	for typing := false; ; {
		select {
		case err := <-a.done:
			if typing {
				r.typing(ctx, a.update, false)
			}
			return err
		case <-slow.C:
			typing = true
			r.typing(ctx, a.update, true)
			slow.Reset(typeEvery)
		}
	}
}

func (r *receiver) typing(ctx context.Context, u *core.Update, on bool) {
	ctx, cancel := context.WithTimeout(ctx, signTime)
	defer cancel()
	if _, err := r.client.UserTyping(ctx, id.RoomID(u.Chat.Chat), on, typeEvery+signTime); err != nil {
		r.Log.Debug("matrix: typing is not shown", "kind", judge(err, false).kind)
	}
}

// handled notes that an update may be shown as read.
func (r *receiver) handled(u *core.Update) {
	if u == nil || u.Kind != core.Private || r.config.Discreet || !strings.HasPrefix(u.ID, "$") {
		return
	}
	r.signs.mu.Lock()
	defer r.signs.mu.Unlock()
	r.signs.read[id.RoomID(u.Chat.Chat)] = id.EventID(u.ID)
}

// showRead shows chats what was handled in them, the last of it every few seconds.
func (r *receiver) showRead(ctx context.Context) {
	for wait := readEvery; pause(ctx, wait); {
		wait = readEvery
		r.signs.mu.Lock()
		read := r.signs.read
		r.signs.read = map[id.RoomID]id.EventID{}
		r.signs.mu.Unlock()
		for _, at := range slices.Sorted(maps.Keys(read)) {
			if err := r.receipt(ctx, at, read[at]); err != nil {
				if f := judge(err, false); f.kind == rateLimited {
					wait = max(wait, f.after)
					break
				}
			}
		}
	}
}

func (r *receiver) receipt(ctx context.Context, at id.RoomID, e id.EventID) error {
	ctx, cancel := context.WithTimeout(ctx, signTime)
	defer cancel()
	return r.client.SendReceipt(ctx, at, e, event.ReceiptTypeRead, struct{}{})
}
