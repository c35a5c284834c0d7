package storagetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"tocsin/core"
)

var claimProperties = []property{
	{"Claim/PlannedRowNeverBlocksDueOne", plannedRowNeverBlocksDueOne},
	{"Claim/OrderWithinChatAndLane", orderWithinChatAndLane},
	{"Claim/RetriedRowStillBlocksLaterOnes", retriedRowStillBlocksLaterOnes},
	{"Claim/OtherLaneIsNotBlocked", otherLaneIsNotBlocked},
	{"Claim/GoesByLaneDueAndID", goesByLaneDueAndID},
	{"Claim/TakesWhatItNames", takesWhatItNames},
	{"Claim/TasksHaveNoOrder", tasksHaveNoOrder},
	{"Claim/ChatThatIsNotReadyIsSkipped", chatThatIsNotReadyIsSkipped},
	{"Claim/TwoClaimersNeverShare", twoClaimersNeverShare},
}

func plannedRowNeverBlocksDueOne(t *testing.T, s core.Store) {
	anna := chat(t, s, "anna")
	planned := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Notice, Due: now(t, s).Add(time.Hour)})
	due := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Notice})
	wantClaim(t, s, due) // and it stays in flight
	advance(t, s, time.Hour)
	got := wantClaim(t, s, planned)
	settle(t, s, got[0], sent())
	wantClaim(t, s, due)
}

func orderWithinChatAndLane(t *testing.T, s core.Store) {
	anna, ben := chat(t, s, "anna"), chat(t, s, "ben")
	start := now(t, s)
	a1 := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk, Due: start})
	a2 := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk, Due: start.Add(-time.Second)}) // due earlier, said later
	b1 := enqueue(t, s, core.Outgoing{Chat: ben, Lane: core.Talk, Due: start})
	a3 := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk, Due: start})
	first := wantClaim(t, s, a1, b1)
	wantClaim(t, s)
	settle(t, s, first[0], sent())
	second := wantClaim(t, s, a2)
	settle(t, s, second[0], core.Verdict{State: core.Failed})
	wantClaim(t, s, a3)
}

func retriedRowStillBlocksLaterOnes(t *testing.T, s core.Store) {
	anna := chat(t, s, "anna")
	first := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk})
	second := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk})
	settle(t, s, wantClaim(t, s, first)[0], again(t, s, time.Hour))
	third := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk})
	other := enqueue(t, s, core.Outgoing{Chat: chat(t, s, "ben"), Lane: core.Talk})
	settle(t, s, wantClaim(t, s, other)[0], sent())
	advance(t, s, time.Hour)
	for i, o := range []*core.Outgoing{first, second, third} {
		got := claim(t, s, core.Claim{Max: 1})
		wantOutgoing(t, got, o)
		if i == 0 {
			settle(t, s, got[0], again(t, s, 0))
			got = claim(t, s, core.Claim{Max: 1})
			wantOutgoing(t, got, o)
		}
		settle(t, s, got[0], sent())
	}
}

func otherLaneIsNotBlocked(t *testing.T, s core.Store) {
	anna := chat(t, s, "anna")
	alert := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Notice})
	wantClaim(t, s, alert)
	answer := enqueue(t, s, core.Outgoing{Chat: anna, Lane: core.Talk})
	wantClaim(t, s, answer)
}

func goesByLaneDueAndID(t *testing.T, s core.Store) {
	start := now(t, s)
	var want []*core.Outgoing
	for i, o := range []core.Outgoing{
		{Lane: core.Bulk, Due: start.Add(-3 * time.Hour)},
		{Lane: core.Notice, Due: start.Add(-2 * time.Hour)},
		{Lane: core.Talk, Due: start.Add(-time.Minute)},
		{Lane: core.Talk, Due: start.Add(-time.Hour)},
		{Lane: core.Talk, Due: start.Add(-time.Hour)},
	} {
		o.Chat = chat(t, s, fmt.Sprint(i))
		want = append(want, enqueue(t, s, o))
	}
	want = []*core.Outgoing{want[3], want[4], want[2], want[1], want[0]}
	wantOutgoing(t, claim(t, s, core.Claim{Max: 2}), want[:2]...)
	wantClaim(t, s, want[2:]...)
	advance(t, s, lease)
	wantClaim(t, s, want...)
}

func takesWhatItNames(t *testing.T, s core.Store) {
	a := enqueue(t, s, core.Outgoing{Chat: chat(t, s, "anna"), Lane: core.Notice})
	b := enqueue(t, s, core.Outgoing{Chat: group(t, s, core.ChatRef{Bot: anotherBot, Chat: "anna"}), Lane: core.Notice})
	task := enqueue(t, s, core.Outgoing{Lane: core.Notice, Content: &core.Task{Name: "check"}})
	wantOutgoing(t, claim(t, s, core.Claim{Lanes: []core.Lane{core.Talk, core.Bulk}}))
	wantOutgoing(t, claim(t, s, core.Claim{Bot: "console:none"}))
	wantOutgoing(t, claim(t, s, core.Claim{Bot: anotherBot}), b)
	wantOutgoing(t, claim(t, s, core.Claim{Lanes: []core.Lane{core.Notice, core.Notice}}), a)
	wantOutgoing(t, claim(t, s, core.Claim{Tasks: true}), task)
}

func tasksHaveNoOrder(t *testing.T, s core.Store) {
	var tasks []*core.Outgoing
	for range 3 {
		tasks = append(tasks, enqueue(t, s, core.Outgoing{Lane: core.Talk, Content: &core.Task{Name: "check"}}))
	}
	got := claim(t, s, core.Claim{Tasks: true, Max: 2})
	wantOutgoing(t, got, tasks[:2]...)
	settle(t, s, got[0], again(t, s, time.Hour))
	got = claim(t, s, core.Claim{Tasks: true})
	wantOutgoing(t, got, tasks[2])
	settle(t, s, got[0], core.Verdict{State: core.Sent})
	advance(t, s, time.Hour)
	wantOutgoing(t, claim(t, s, core.Claim{Tasks: true}), tasks[0], tasks[1])
}

// The limit of a thread is its chat's.
func chatThatIsNotReadyIsSkipped(t *testing.T, s core.Store) {
	root := group(t, s, core.ChatRef{Bot: testBot, Chat: "group"})
	thread := group(t, s, core.ChatRef{Bot: testBot, Chat: "group", Thread: "topic"})
	limit := core.Limit{Every: time.Minute, Burst: 1}
	inThread := enqueue(t, s, core.Outgoing{Chat: thread, Lane: core.Talk})
	elsewhere := enqueue(t, s, core.Outgoing{Chat: chat(t, s, "anna"), Lane: core.Talk})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		n, err := tx.Reserve(ctx, core.SlotKey{Bot: testBot, Chat: root}, limit, 5)
		if n != 1 {
			t.Errorf("reserved %d slots of a chat, want 1", n)
		}
		return err
	})
	wantClaim(t, s, elsewhere)
	advance(t, s, time.Minute)
	wantClaim(t, s, inThread)
}

// Sixteen processes send what is queued for twenty chats. Each message goes once, and
// those of a chat in their order, although some are tried twice.
func twoClaimersNeverShare(t *testing.T, s core.Store) {
	const chats, each = 20, 6
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for i := range chats * each {
			c, err := tx.EnterChat(ctx, chatRef(fmt.Sprint(i%chats)), core.Private)
			must(t, err)
			must(t, tx.Enqueue(ctx, &core.Outgoing{Chat: c.ID, Lane: core.Talk, Content: say("hello")}))
		}
		return nil
	})
	p := &platform{flying: make(map[core.ChatID]bool), took: make(map[core.ChatID][]core.OutgoingID)}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 1000 { // far more than it takes
				if p.count() == chats*each || t.Failed() {
					return
				}
				if err := p.dispatch(t, s); err != nil {
					t.Errorf("dispatch: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if len(p.took) != chats {
		t.Errorf("%d chats were written to, want %d", len(p.took), chats)
	}
	for _, ids := range p.took {
		if len(ids) != each || !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != each {
			t.Errorf("messages of a chat went as %v, want %d in order", ids, each)
		}
	}
}

// A platform takes messages from several dispatchers.
type platform struct {
	mu     sync.Mutex
	flying map[core.ChatID]bool
	took   map[core.ChatID][]core.OutgoingID
}

func (p *platform) count() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ids := range p.took {
		n += len(ids)
	}
	return n
}

// begin and end stand for the time in which a message is on its way. Each fifth one is
// refused on its first try. It fails if two of one chat are on their way at once.
func (p *platform) begin(o *core.Outgoing) (core.Verdict, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.flying[o.Chat] {
		return core.Verdict{}, errors.New("two messages of a chat in flight at once")
	}
	p.flying[o.Chat] = true
	if o.Attempt == 1 && o.ID%5 == 0 {
		return core.Verdict{State: core.Queued, Next: time.Unix(0, 0)}, nil
	}
	p.took[o.Chat] = append(p.took[o.Chat], o.ID)
	return sent(), nil
}

func (p *platform) end(o *core.Outgoing) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flying[o.Chat] = false
}

// dispatch claims a few messages, sends each and settles it. The flight ends before,
// since the next one of the chat may be taken as soon as it is settled.
func (p *platform) dispatch(t *testing.T, s core.Store) error {
	var os []*core.Outgoing
	err := try(t, s, func(ctx context.Context, tx core.Tx) (err error) {
		os, err = tx.Claim(ctx, core.Claim{Bot: testBot, Lanes: everyLane, Max: 3, Lease: lease})
		return err
	})
	if err != nil {
		return err
	}
	for _, o := range os {
		v, err := p.begin(o)
		if err != nil {
			return err
		}
		runtime.Gosched()
		p.end(o)
		if err := try(t, s, func(ctx context.Context, tx core.Tx) error { return tx.Settle(ctx, o, v) }); err != nil {
			return err
		}
	}
	return nil
}
