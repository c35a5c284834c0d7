package core

import (
	"context"
	"time"
)

// A Follow is a place that a group follows: new actions near it that are open to everyone
// are announced there. Who asked for it is not kept.
type Follow struct {
	Chat     ChatID
	Place    PlaceID
	Radius   Radius
	Language string // BCP 47, of what is announced; "": the campaign's
}

// MostFollows is how many places one group follows, MostPosts of how many actions it is
// told in a day: of more, /near tells who asks.
const (
	MostFollows = 7
	MostPosts   = 10
)

// PostKind is the kind of reference that is rendered as the card of an action in a group.
const PostKind ReferenceKind = "post"

// A Post is an action as it was shown in a group that it was announced in.
type Post struct {
	Chat     ChatID
	Action   ActionID
	Message  OutgoingID // what shows it
	Sequence int        // of the action
	Shown    bool       // it was public, and open to everyone
	Language string
	On       Day
}

// PublicToAll reports whether anybody at all may see a.
func (a *Action) PublicToAll() bool { return a.State == Public && a.Visibility == ForEveryone }

// FollowReader finds what groups follow.
type FollowReader interface {
	// Follows returns the places that a group follows, in the order of their names.
	Follows(ctx context.Context, c ChatID) ([]Follow, error)

	// Followers returns one Follow of each group that follows a place near an action, is
	// not gone and was not told of it.
	Followers(ctx context.Context, a *Action) ([]Follow, error)

	// StalePosts returns posts of actions that have not ended and are not any more what
	// was shown, limit at most. Groups that are gone are left out.
	StalePosts(ctx context.Context, now time.Time, limit int) ([]Post, error)

	// CountPosts returns of how many actions a group was told on a day.
	CountPosts(ctx context.Context, c ChatID, on Day) (int, error)
}

// FollowStore keeps what groups follow. All of it goes with DropTalk.
type FollowStore interface {
	FollowReader

	// PutFollow stores f; the same place again changes the rest.
	PutFollow(ctx context.Context, f Follow) error

	// DropFollow fails with NotFound if the group does not follow the place.
	DropFollow(ctx context.Context, c ChatID, p PlaceID) error

	// PutPost stores p; the same action in the same group again changes the rest.
	PutPost(ctx context.Context, p Post) error
}

// Announceable reports whether groups are told of a at an instant.
func (a *Action) Announceable(at time.Time) bool {
	return a.PublicToAll() && !a.Online && a.StartsAt.After(at)
}

// TellGroups tells the groups that follow a place near a of it at due, once, unless one
// hears of MostPosts on that day. It returns how many are told.
func TellGroups(ctx context.Context, tx Tx, a *Action, due time.Time) (int, error) {
	if !a.Announceable(due) {
		return 0, nil
	}
	groups, err := tx.Followers(ctx, a)
	if err != nil {
		return 0, err
	}
	told := 0
	for _, f := range groups {
		n, err := tx.CountPosts(ctx, f.Chat, DayOf(due))
		if err != nil {
			return told, err
		}
		if n >= MostPosts {
			continue
		}
		p := Post{Chat: f.Chat, Action: a.ID, Language: f.Language, On: DayOf(due)}
		if err := p.send(ctx, tx, a, due); err != nil {
			return told, err
		}
		told++
	}
	return told, nil
}

// Refresh shows what became of the action of p, at due, in place of what was shown.
func Refresh(ctx context.Context, tx Tx, p Post, due time.Time) error {
	a, err := tx.Action(ctx, p.Action)
	if err != nil {
		return err
	}
	return p.send(ctx, tx, a, due)
}

// send shows a in the group of p, in place of what showed it before, and notes that. An
// edit that comes twice shows the same.
func (p Post) send(ctx context.Context, tx Tx, a *Action, due time.Time) error {
	o := &Outgoing{
		Chat: p.Chat, Lane: Notice, Due: due, Expires: a.StartsAt, Again: Once,
		Content: &Reference{
			Kind: PostKind, Subjects: []int64{int64(a.ID)}, Sequences: []int{a.Sequence}, Language: p.Language, Of: p.Message,
		},
	}
	if p.Message != 0 {
		o.Expires, o.Again = a.EndsAt, TwiceOkay
	}
	if err := tx.Enqueue(ctx, o); err != nil {
		return err
	}
	p.Message, p.Sequence, p.Shown = o.ID, a.Sequence, a.PublicToAll()
	return tx.PutPost(ctx, p)
}
