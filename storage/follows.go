package storage

import (
	"context"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
)

// A followRow is a followed place with its point.
type followRow struct {
	Chat     core.ChatID
	Place    core.PlaceID
	Radius   core.Radius
	Language string
	Lat, Lon float64
}

func (r *followRow) follow() core.Follow {
	return core.Follow{Chat: r.Chat, Place: r.Place, Radius: r.Radius, Language: r.Language}
}

// Follows implements core.FollowReader.
func (t *tx) Follows(ctx context.Context, c core.ChatID) ([]core.Follow, error) {
	var rows []followRow
	err := t.NewRaw(`
		SELECT f.chat, f.place, f.radius, f.language FROM follows AS f JOIN places AS p ON p.id = f.place
		WHERE f.chat = ? ORDER BY p.fold, p.id`, c).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "read followed places")
	}
	out := make([]core.Follow, len(rows))
	for i := range rows {
		out[i] = rows[i].follow()
	}
	return out, nil
}

// Followers implements core.FollowReader. There are as many rows as groups follow places,
// so all are measured.
func (t *tx) Followers(ctx context.Context, a *core.Action) ([]core.Follow, error) {
	var rows []followRow
	err := t.NewRaw(`
		SELECT f.chat, f.place, f.radius, f.language, p.lat, p.lon
		FROM follows AS f JOIN places AS p ON p.id = f.place JOIN chats AS c ON c.id = f.chat
		WHERE NOT c.closed AND NOT EXISTS (SELECT 1 FROM posts AS o WHERE o.chat = f.chat AND o.action = ?)
		ORDER BY f.chat, f.place`, a.ID).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "find followers of action")
	}
	var out []core.Follow
	for i := range rows {
		r := &rows[i]
		near := geo.Distance(geo.Point{Lat: r.Lat, Lon: r.Lon}, a.Point) <= geo.Km(r.Radius)
		if near && (len(out) == 0 || out[len(out)-1].Chat != r.Chat) {
			out = append(out, r.follow())
		}
	}
	return out, nil
}

// PutFollow implements core.FollowStore.
func (t *tx) PutFollow(ctx context.Context, f core.Follow) error {
	_, err := t.NewRaw(`
		INSERT INTO follows (chat, place, radius, language) VALUES (?, ?, ?, ?)
		ON CONFLICT (chat, place) DO UPDATE SET radius = excluded.radius, language = excluded.language`,
		f.Chat, f.Place, f.Radius, f.Language).Exec(ctx)
	return failed(err, "put followed place")
}

// DropFollow implements core.FollowStore.
func (t *tx) DropFollow(ctx context.Context, c core.ChatID, p core.PlaceID) error {
	res, err := t.NewRaw("DELETE FROM follows WHERE chat = ? AND place = ?", c, p).Exec(ctx)
	return once(res, err, core.NotFound, "drop followed place")
}

// A postRow is a post as it is stored.
type postRow struct {
	Chat     core.ChatID
	Action   core.ActionID
	Message  core.OutgoingID
	Sequence int
	Shown    bool
	Language string
	Day      core.Day
}

// StalePosts implements core.FollowReader.
func (t *tx) StalePosts(ctx context.Context, now time.Time, limit int) ([]core.Post, error) {
	var rows []postRow
	err := t.NewRaw(`
		SELECT p.chat, p.action, p.message, p.sequence, p.shown, p.language, p.day
		FROM posts AS p JOIN actions AS a ON a.id = p.action JOIN chats AS c ON c.id = p.chat
		WHERE a.ends_at > ? AND NOT c.closed
			AND (p.shown OR a.state = ? AND a.visibility = ?)
			AND (p.sequence <> a.sequence OR p.shown <> (a.state = ? AND a.visibility = ?))
		ORDER BY p.chat, p.action LIMIT ?`,
		microsOf(now), core.Public, core.ForEveryone, core.Public, core.ForEveryone, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, failed(err, "find stale posts")
	}
	out := make([]core.Post, len(rows))
	for i, r := range rows {
		out[i] = core.Post{
			Chat: r.Chat, Action: r.Action, Message: r.Message, Sequence: r.Sequence, Shown: r.Shown, Language: r.Language, On: r.Day,
		}
	}
	return out, nil
}

// CountPosts implements core.FollowReader.
func (t *tx) CountPosts(ctx context.Context, c core.ChatID, on core.Day) (n int, err error) {
	err = t.NewRaw("SELECT count(*) FROM posts WHERE chat = ? AND day = ?", c, on).Scan(ctx, &n)
	return n, failed(err, "count posts")
}

// PutPost implements core.FollowStore.
func (t *tx) PutPost(ctx context.Context, p core.Post) error {
	_, err := t.NewRaw(`
		INSERT INTO posts (chat, action, message, sequence, shown, language, day) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (chat, action) DO UPDATE SET message = excluded.message, sequence = excluded.sequence, shown = excluded.shown`,
		p.Chat, p.Action, p.Message, p.Sequence, p.Shown, p.Language, p.On).Exec(ctx)
	return failed(err, "put post")
}
