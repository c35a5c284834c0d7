package storagetest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin/core"
)

var slotProperties = []property{
	{"Slots/AThreadSpendsWhatItsChatHas", threadSpendsItsChats},
	{"Slots/SpendEachIsSpendForEach", spendEachIsSpendForEach},
	{"Slots/NeverExceedTheRate", slotsNeverExceedTheRate},
	{"Slots/ParallelCallersNeverExceedTheRate", parallelCallersNeverExceedTheRate},
	{"Slots/RestGivesTheBurst", restGivesTheBurst},
	{"Slots/SpendTakesFromTheOthers", spendTakesFromTheOthers},
	{"Slots/MuchSpentIsForgotten", muchSpentIsForgotten},
	{"Slots/GivenBackIsFreeAgain", givenBackIsFreeAgain},
	{"Slots/HoldIsForward", holdIsForward},
	{"Slots/HoldOutlivesAllElse", holdOutlivesAllElse},
	{"Slots/ZeroLimitDoesNotLimit", zeroLimitDoesNotLimit},
	{"Slots/RowsAreApart", rowsAreApart},
	{"Slots/AheadSaysWhenTheFirstIs", aheadSaysWhenTheFirstIs},
}

// botRow is the row of testBot itself.
var botRow = core.SlotKey{Bot: testBot}

func reserve(t *testing.T, s core.Store, k core.SlotKey, l core.Limit, n int) (got int) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) (err error) {
		got, err = tx.Reserve(ctx, k, l, n)
		return err
	})
	return got
}

func wantReserve(t *testing.T, s core.Store, l core.Limit, n, want int) {
	t.Helper()
	if got := reserve(t, s, botRow, l, n); got != want {
		t.Errorf("Reserve(%d) = %d, want %d", n, got, want)
	}
}

func spend(t *testing.T, s core.Store, l core.Limit, n int) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.Spend(ctx, botRow, l, n) })
}

func hold(t *testing.T, s core.Store, k core.SlotKey, until time.Time) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.Hold(ctx, k, until) })
}

// A grant is what one call got, at some time from after to before.
type grant struct {
	after, before time.Time
	n             int
}

// checkGrants fails unless in every window at most the burst and one for each Every
// were given.
func checkGrants(t rapid.TB, l core.Limit, gs []grant) {
	t.Helper()
	slices.SortFunc(gs, func(a, b grant) int { return a.before.Compare(b.before) })
	for i := range gs {
		total, start := 0, gs[i].after
		for _, g := range gs[i:] {
			total += g.n
			if g.after.Before(start) {
				start = g.after
			}
			window := g.before.Sub(start)
			if most := l.Burst + int(window/l.Every); total > most {
				t.Fatalf("%d slots within %v, want at most %d of %d and one every %v", total, window, most, l.Burst, l.Every)
			}
		}
	}
}

func slotsNeverExceedTheRate(t *testing.T, s core.Store) {
	row := core.ChatID(0)
	rapid.Check(t, func(rt *rapid.T) {
		row++
		k := core.SlotKey{Bot: testBot, Chat: row}
		l := core.Limit{
			Every: time.Duration(rapid.Int64Range(1000, 5000).Draw(rt, "every")) * time.Second,
			Burst: rapid.IntRange(1, 6).Draw(rt, "burst"),
		}
		var gs []grant
		for range rapid.IntRange(2, 8).Draw(rt, "calls") {
			advance(t, s, time.Duration(rapid.IntRange(0, 3).Draw(rt, "pause"))*l.Every/2)
			after := now(t, s)
			got := reserve(t, s, k, l, rapid.IntRange(0, 8).Draw(rt, "n"))
			gs = append(gs, grant{after, now(t, s), got})
		}
		checkGrants(rt, l, gs)
	})
}

// Four processes ask for slots as fast as they can.
func parallelCallersNeverExceedTheRate(t *testing.T, s core.Store) {
	l := core.Limit{Every: 20 * time.Millisecond, Burst: 3}
	var mu sync.Mutex
	var gs []grant
	call := func() error {
		after, err := s.Now(t.Context())
		if err != nil {
			return err
		}
		var got int
		err = try(t, s, func(ctx context.Context, tx core.Tx) (err error) {
			got, err = tx.Reserve(ctx, botRow, l, 2)
			return err
		})
		if err != nil {
			return err
		}
		before, err := s.Now(t.Context())
		mu.Lock()
		defer mu.Unlock()
		gs = append(gs, grant{after, before, got})
		return err
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 25 {
				if err := call(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	checkGrants(t, l, gs)
	total := 0
	for _, g := range gs {
		total += g.n
	}
	if total < l.Burst {
		t.Errorf("%d slots in all, want at least the burst of %d", total, l.Burst)
	}
}

func restGivesTheBurst(t *testing.T, s core.Store) {
	l := core.Limit{Every: time.Hour, Burst: 3}
	wantReserve(t, s, l, 0, 0)
	wantReserve(t, s, l, 2, 2)
	wantReserve(t, s, l, 5, 1)
	wantReserve(t, s, l, 1, 0)
	advance(t, s, time.Hour)
	wantReserve(t, s, l, 5, 1)
	advance(t, s, 2*time.Hour)
	wantReserve(t, s, l, 5, 2)
	advance(t, s, 1000*time.Hour)
	wantReserve(t, s, l, 5, 3)
}

func spendTakesFromTheOthers(t *testing.T, s core.Store) {
	l := core.Limit{Every: time.Hour, Burst: 3}
	spend(t, s, l, 5) // two more than there are
	wantReserve(t, s, l, 1, 0)
	advance(t, s, 2*time.Hour)
	wantReserve(t, s, l, 1, 0)
	advance(t, s, time.Hour)
	wantReserve(t, s, l, 5, 1)
	spend(t, s, l, 1) // of a row that is known
	advance(t, s, time.Hour)
	wantReserve(t, s, l, 1, 0)
	advance(t, s, time.Hour)
	wantReserve(t, s, l, 5, 1)
}

// An evening of answers does not keep notices back for hours after it.
func muchSpentIsForgotten(t *testing.T, s core.Store) {
	l := core.Limit{Every: time.Hour, Burst: 3}
	for range 100 {
		spend(t, s, l, 2)
	}
	advance(t, s, 2*time.Hour)
	wantReserve(t, s, l, 5, 0)
	advance(t, s, time.Hour)
	wantReserve(t, s, l, 5, 1)
}

func givenBackIsFreeAgain(t *testing.T, s core.Store) {
	l := core.Limit{Every: time.Hour, Burst: 5}
	wantReserve(t, s, l, 5, 5)
	spend(t, s, l, -3)
	wantReserve(t, s, l, 5, 3)
	spend(t, s, l, -100)
	wantReserve(t, s, l, 100, 5)
}

func holdIsForward(t *testing.T, s core.Store) {
	l := core.Limit{Every: time.Hour, Burst: 3}
	start := now(t, s)
	wantReserve(t, s, l, 1, 1)
	hold(t, s, botRow, start.Add(10*time.Hour))
	hold(t, s, botRow, start.Add(2*time.Hour))
	advance(t, s, 9*time.Hour)
	wantReserve(t, s, l, 5, 0)
	advance(t, s, time.Hour)
	wantReserve(t, s, l, 5, 1) // and not the burst
	hold(t, s, botRow, start)
	advance(t, s, 2*time.Hour)
	wantReserve(t, s, l, 5, 2)
}

// Slots that are given back, and slots that are spent regardless, end no hold; nor does
// a row that nobody used yet.
func holdOutlivesAllElse(t *testing.T, s core.Store) {
	l := core.Limit{Every: time.Minute, Burst: 5}
	start := now(t, s)
	wantReserve(t, s, l, 5, 5)
	hold(t, s, botRow, start.Add(time.Hour))
	hold(t, s, botRow, start.Add(time.Minute))
	spend(t, s, l, -4)
	spend(t, s, l, 1)
	fresh := core.SlotKey{Bot: testBot, Chat: chat(t, s, "anna")}
	hold(t, s, fresh, start.Add(time.Hour))
	o := enqueue(t, s, core.Outgoing{Chat: fresh.Chat, Lane: core.Talk})
	advance(t, s, 59*time.Minute)
	wantReserve(t, s, l, 5, 0)
	if got := reserve(t, s, fresh, l, 5); got != 0 {
		t.Errorf("a fresh row that is held gave %d slots", got)
	}
	wantClaim(t, s)
	advance(t, s, time.Minute)
	wantClaim(t, s, o)
	if got := reserve(t, s, fresh, l, 1); got != 1 {
		t.Errorf("after the hold a row gave %d slots, want 1", got)
	}
}

func zeroLimitDoesNotLimit(t *testing.T, s core.Store) {
	wantReserve(t, s, core.Limit{}, 1000, 1000)
	spend(t, s, core.Limit{}, 1000)
	wantReserve(t, s, core.Limit{}, 1000, 1000)
	hold(t, s, botRow, now(t, s).Add(time.Hour))
	wantReserve(t, s, core.Limit{}, 1000, 0)
	advance(t, s, time.Hour)
	wantReserve(t, s, core.Limit{}, 1000, 1000)
}

func rowsAreApart(t *testing.T, s core.Store) {
	l := core.Limit{Every: time.Hour, Burst: 1}
	for _, k := range []core.SlotKey{botRow, {Bot: testBot, Chat: 1}, {Bot: testBot, Chat: 2}, {Bot: anotherBot, Chat: 1}, {Bot: anotherBot}} {
		if got := reserve(t, s, k, l, 2); got != 1 {
			t.Errorf("first Reserve on %v = %d, want 1", k, got)
		}
	}
}

// Two rows for each chat are spent from in both ways, at rest, within the burst and
// beyond it; what is left of them is the same.
func spendEachIsSpendForEach(t *testing.T, s core.Store) {
	l := core.Limit{Every: time.Hour, Burst: 4}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		enter := func(name, thread string) core.ChatID {
			ref := chatRef(name)
			ref.Thread = thread
			return get[*core.Chat](t)(tx.EnterChat(ctx, ref, core.Group)).ID
		}
		must(t, tx.SpendEach(ctx, testBot, core.Limit{}, []core.ChatID{enter("a", "")}))
		must(t, tx.SpendEach(ctx, testBot, l, nil))
		for spent := 1; spent <= 3; spent++ {
			chats := []core.ChatID{enter("a", ""), enter("a", "topic"), enter("b", "")}
			must(t, tx.SpendEach(ctx, testBot, l, chats))
			for _, name := range []string{"c", "c", "d"} {
				must(t, tx.Spend(ctx, core.SlotKey{Bot: testBot, Chat: enter(name, "")}, l, 1))
			}
		}
		for _, pair := range [][2]string{{"a", "c"}, {"b", "d"}} {
			var left [2]int
			for i, name := range pair {
				left[i] = get[int](t)(tx.Reserve(ctx, core.SlotKey{Bot: testBot, Chat: enter(name, "")}, l, 9))
			}
			if left[0] != left[1] {
				t.Errorf("of %v there are left %v", pair, left)
			}
		}
		return nil
	})
}

func threadSpendsItsChats(t *testing.T, s core.Store) {
	once := core.Limit{Every: time.Minute, Burst: 1}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		root, thread := chatRef("a"), chatRef("a")
		thread.Thread = "topic"
		c := get[*core.Chat](t)(tx.EnterChat(ctx, root, core.Group))
		d := get[*core.Chat](t)(tx.EnterChat(ctx, thread, core.Group))
		must(t, tx.Spend(ctx, core.SlotKey{Bot: testBot, Chat: d.ID}, once, 1))
		for _, id := range []core.ChatID{c.ID, d.ID} {
			if n := get[int](t)(tx.Reserve(ctx, core.SlotKey{Bot: testBot, Chat: id}, once, 1)); n != 0 {
				t.Errorf("%d slots are left after a thread took the only one", n)
			}
		}
		return nil
	})
}

// Five slots at once are those of the next five hours; another is given an hour later, and
// is five hours after the first.
func aheadSaysWhenTheFirstIs(t *testing.T, s core.Store) {
	l := core.Limit{Every: time.Hour, Burst: 5}
	ahead := func(n, want int, first time.Duration) {
		t.Helper()
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			got, wait, err := tx.ReserveAhead(ctx, botRow, l, n)
			if got != want || (wait-first).Abs() > time.Minute {
				t.Errorf("ReserveAhead(%d) = %d in %s, want %d in %s", n, got, wait, want, first)
			}
			return err
		})
	}
	ahead(3, 3, 0)
	ahead(9, 2, 3*time.Hour)
	ahead(1, 0, 5*time.Hour)
	advance(t, s, time.Hour)
	ahead(9, 1, 4*time.Hour)
	advance(t, s, 100*time.Hour)
	ahead(1, 1, 0)
}
