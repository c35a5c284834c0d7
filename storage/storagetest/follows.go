package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
	"tocsin/core/gazetteer"
	"tocsin/core/geo"
)

var followProperties = []property{
	{"Follow/IsOnePerPlaceAndDropped", followDropped},
	{"Follow/FindsTheGroupsNearAnActionOnce", followersNear},
	{"Follow/LeavesOutWhoWasToldOrIsGone", followersLeftOut},
	{"Follow/GoesWithTheTalkOfTheGroup", followsForgotten},
	{"Follow/MovesWithTheGroup", followsMoved},
	{"Post/IsStaleOnceTheActionIsAnother", postsStale},
	{"Post/LeavesWithItsAction", postsLeave},
	{"Opening/WaitsForAnActionThatIsOpenedToEveryone", openedToEveryone},
}

// towns are two places 40 km apart, in the order of their names.
func towns(t *testing.T, s core.Store) (lyon, vienne core.PlaceID) {
	t.Helper()
	at := func(name string, p geo.Point) core.NamedPlace {
		place := core.Place{Source: "test:" + name, Name: name, Country: "FR", Area: "FR/84/69", Point: p, Zone: "Europe/Paris"}
		return core.NamedPlace{Place: place, Fold: gazetteer.Fold(name)}
	}
	putPlaces(t, s, 2, at("Vienne", geo.Point{Lat: 45.5242, Lon: 4.8781}), at("Lyon", geo.Point{Lat: 45.7578, Lon: 4.8320}))
	found := func(text string) core.PlaceID { return findPlaces(t, s, name(text), 1)[0].ID }
	return found("Lyon"), found("Vienne")
}

func putFollows(t *testing.T, s core.Store, fs ...core.Follow) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		for _, f := range fs {
			must(t, tx.PutFollow(ctx, f))
		}
		return nil
	})
}

func follows(t *testing.T, s core.Store, c core.ChatID) (fs []core.Follow) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) (err error) {
		fs, err = r.Follows(ctx, c)
		return err
	})
	return fs
}

// followers returns the groups that would be told of an action.
func followers(t *testing.T, s core.Store, a *core.Action) []core.ChatID {
	t.Helper()
	out := []core.ChatID{}
	read(t, s, func(ctx context.Context, r core.Reader) error {
		fs, err := r.Followers(ctx, a)
		for _, f := range fs {
			out = append(out, f.Chat)
		}
		return err
	})
	return out
}

func followDropped(t *testing.T, s core.Store) {
	lyon, vienne := towns(t, s)
	g := group(t, s, oldName)
	putFollows(t, s, core.Follow{Chat: g, Place: vienne, Radius: 5, Language: "en"},
		core.Follow{Chat: g, Place: lyon, Radius: 25}, core.Follow{Chat: g, Place: lyon, Radius: 10, Language: "fr"})
	want := []core.Follow{{Chat: g, Place: lyon, Radius: 10, Language: "fr"}, {Chat: g, Place: vienne, Radius: 5, Language: "en"}}
	if d := cmp.Diff(want, follows(t, s, g)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.DropFollow(ctx, g, lyon))
		wantCode(t, tx.DropFollow(ctx, g, lyon), core.NotFound)
		return nil
	})
	if d := cmp.Diff(want[1:], follows(t, s, g)); d != "" {
		t.Errorf("after one is dropped (-want +got)\n%s", d)
	}
}

func followersNear(t *testing.T, s core.Store) {
	lyon, vienne := towns(t, s)
	near, both, far := group(t, s, oldName), group(t, s, newName), group(t, s, topic(newName, "7"))
	putFollows(t, s, core.Follow{Chat: near, Place: lyon, Radius: 10}, core.Follow{Chat: both, Place: lyon, Radius: 10},
		core.Follow{Chat: both, Place: vienne, Radius: 50}, core.Follow{Chat: far, Place: vienne, Radius: 10})
	a := leafleting("1") // in Lyon
	putActions(t, s, a)
	if d := cmp.Diff([]core.ChatID{near, both}, followers(t, s, a)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func followersLeftOut(t *testing.T, s core.Store) {
	lyon, _ := towns(t, s)
	told, gone, other := group(t, s, oldName), group(t, s, newName), group(t, s, topic(oldName, "7"))
	for _, c := range []core.ChatID{told, gone, other} {
		putFollows(t, s, core.Follow{Chat: c, Place: lyon, Radius: 10})
	}
	a, b := leafleting("1"), leafleting("2")
	putActions(t, s, a, b)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.PutPost(ctx, core.Post{Chat: told, Action: a.ID, Message: 1, Shown: true, On: "2027-03-10"}))
		if n := get[int](t)(tx.CountPosts(ctx, told, "2027-03-10")); n != 1 {
			t.Errorf("%d posts on the day", n)
		}
		if n := get[int](t)(tx.CountPosts(ctx, told, "2027-03-11")); n != 0 {
			t.Errorf("%d posts on the next day", n)
		}
		return tx.CloseChat(ctx, gone, true)
	})
	if d := cmp.Diff([]core.ChatID{other}, followers(t, s, a)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if d := cmp.Diff([]core.ChatID{told, other}, followers(t, s, b)); d != "" {
		t.Errorf("of another action (-want +got)\n%s", d)
	}
}

func followsForgotten(t *testing.T, s core.Store) {
	lyon, _ := towns(t, s)
	root, thread, other := group(t, s, oldName), group(t, s, topic(oldName, "7")), group(t, s, newName)
	a := leafleting("1")
	putActions(t, s, a)
	for _, c := range []core.ChatID{root, thread, other} {
		putFollows(t, s, core.Follow{Chat: c, Place: lyon, Radius: 10})
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			return tx.PutPost(ctx, core.Post{Chat: c, Action: a.ID, Message: 1, Shown: true, On: "2027-03-10"})
		})
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.DropTalk(ctx, root) })
	for c, want := range map[core.ChatID]int{root: 0, thread: 0, other: 1} {
		posts := 0
		read(t, s, func(ctx context.Context, r core.Reader) (err error) {
			posts, err = r.CountPosts(ctx, c, "2027-03-10")
			return err
		})
		if n := len(follows(t, s, c)); n != want || posts != want {
			t.Errorf("a group follows %d places and has %d posts, want %d", n, posts, want)
		}
	}
}

func followsMoved(t *testing.T, s core.Store) {
	lyon, vienne := towns(t, s)
	keep, gone := group(t, s, oldName), group(t, s, newName)
	a, b := leafleting("1"), leafleting("2")
	putActions(t, s, a, b)
	putFollows(t, s, core.Follow{Chat: keep, Place: lyon, Radius: 10}, core.Follow{Chat: gone, Place: lyon, Radius: 25}, core.Follow{Chat: gone, Place: vienne, Radius: 5})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		must(t, tx.PutPost(ctx, core.Post{Chat: keep, Action: a.ID, Message: 1, Shown: true, On: "2027-03-10"}))
		must(t, tx.PutPost(ctx, core.Post{Chat: gone, Action: a.ID, Message: 2, Shown: true, On: "2027-03-10"}))
		return tx.PutPost(ctx, core.Post{Chat: gone, Action: b.ID, Message: 3, Shown: true, On: "2027-03-10"})
	})
	move(t, s, keep, newName)
	want := []core.Follow{{Chat: keep, Place: lyon, Radius: 10}, {Chat: keep, Place: vienne, Radius: 5}}
	if d := cmp.Diff(want, follows(t, s, keep)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for _, one := range []*core.Action{a, b} {
		if left := followers(t, s, one); len(left) != 0 {
			t.Errorf("%d groups would be told of action %d again", len(left), one.ID)
		}
	}
}

func stale(t *testing.T, s core.Store, at time.Time) (out []core.Post) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) (err error) {
		out, err = r.StalePosts(ctx, at, 9)
		return err
	})
	return out
}

func postsStale(t *testing.T, s core.Store) {
	g := group(t, s, oldName)
	a := leafleting("1")
	a.Visibility = core.ForEveryone
	putActions(t, s, a)
	post := core.Post{Chat: g, Action: a.ID, Message: 7, Sequence: a.Sequence, Shown: true, Language: "en", On: "2027-03-10"}
	shown := func() {
		do(t, s, func(ctx context.Context, tx core.Tx) error {
			post.Sequence, post.Shown = a.Sequence, a.PublicToAll()
			return tx.PutPost(ctx, post)
		})
		if n := len(stale(t, s, noon)); n != 0 {
			t.Errorf("%d posts that are as they were shown are stale", n)
		}
	}
	shown()
	for _, change := range []func(){
		func() { a.StartsAt = a.StartsAt.Add(time.Minute) },
		func() { a.Visibility = core.ForSupporters },
	} {
		before := post
		change()
		putActions(t, s, a)
		if d := cmp.Diff([]core.Post{before}, stale(t, s, noon)); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		shown()
	}
	a.Visibility, a.State = core.ForEveryone, core.Cancelled
	putActions(t, s, a)
	if n := len(stale(t, s, noon)); n != 0 {
		t.Error("what was hidden before it was cancelled is stale")
	}
	a.State = core.Public
	putActions(t, s, a)
	if n := len(stale(t, s, noon)); n != 1 {
		t.Error("what is open again is not stale")
	}
	if n := len(stale(t, s, a.EndsAt)); n != 0 {
		t.Error("what is over is stale")
	}
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CloseChat(ctx, g, true) })
	if n := len(stale(t, s, noon)); n != 0 {
		t.Error("what was shown in a group that is gone is stale")
	}
}

func postsLeave(t *testing.T, s core.Store) {
	g := group(t, s, oldName)
	a := leafleting("1")
	putActions(t, s, a)
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		return tx.PutPost(ctx, core.Post{Chat: g, Action: a.ID, Message: 1, Shown: true, On: "2027-03-10"})
	})
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		_, err := tx.Purge(ctx, core.KeptActions, a.EndsAt.Add(time.Second))
		return err
	})
	read(t, s, func(ctx context.Context, r core.Reader) error {
		_, err := r.Action(ctx, a.ID)
		wantCode(t, err, core.NotFound)
		if n := get[int](t)(r.CountPosts(ctx, g, "2027-03-10")); n != 0 {
			t.Errorf("%d posts are left", n)
		}
		return nil
	})
}

func openedToEveryone(t *testing.T, s core.Store) {
	a := leafleting("1")
	a.Visibility = core.ForSupporters
	putActions(t, s, a)
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.CloseOpening(ctx, openings(t, s)[0]) })
	a.Visibility = core.ForEveryone
	putActions(t, s, a)
	if n := len(openings(t, s)); n != 1 {
		t.Errorf("%d openings wait", n)
	}
}
