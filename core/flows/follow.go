package flows

import (
	"context"
	"encoding/json"
	"strings"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/gazetteer"
	"tocsin/core/locale"
)

// following lets who runs a group choose places around which it is told of new actions, those
// that are open to everyone.
func following() *conversation.Flow {
	return &conversation.Flow{
		Name: "follow",
		Commands: []conversation.Command{
			{Name: "follow", Do: inGroup(openFollow), Place: conversation.Everywhere},
			{Name: "unfollow", Do: inGroup(openUnfollow), Place: conversation.Everywhere},
		},
		Actions: map[core.Verb]conversation.Action{
			"follow.place": inGroup(followPlace), "follow.drop": inGroup(unfollowPlace), "follow.none": inGroup(unfollowAll),
		},
		References: map[core.ReferenceKind]conversation.Rendering{core.PostKind: renderPost},
		Public:     []core.Verb{"follow.place", "follow.drop", "follow.none"},
	}
}

// inGroup returns do for groups; in private it is said that this is for groups.
func inGroup(do conversation.Action) conversation.Action {
	return func(ctx context.Context, t *conversation.Turn, arg string) error {
		if t.Chat.Kind == core.Private {
			t.Say("follow.in_groups", nil)
			return nil
		}
		return do(ctx, t, arg)
	}
}

// runs reports whether who speaks runs the group; if not, that is said.
func runs(t *conversation.Turn) bool {
	if t.Update.Rank == core.Manager {
		return true
	}
	t.Say("follow.managers", nil)
	return false
}

// openFollow follows the place that is named, or says which are followed.
func openFollow(ctx context.Context, t *conversation.Turn, arg string) error {
	if arg == "" {
		return showFollows(ctx, t)
	}
	if !runs(t) {
		return nil
	}
	text, radius := placeAndRadius(arg)
	found, fallback, err := findPlaces(ctx, t.Tx, text)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return followMeant(ctx, t, text, radius)
	case fallback:
		t.Say("where.fallback", locale.Args{"Place": locale.Raw(found[0].Name)})
	}
	return followOne(ctx, t, followArg{Place: found[0].ID, Radius: radius}, found[1:])
}

// placeAndRadius parts "Lyon 10 km", and "Lyon 10": the last words are the radius if they
// may be one.
func placeAndRadius(text string) (string, core.Radius) {
	words := strings.Fields(text)
	for _, n := range []int{2, 1} { // "10 km", "10km"
		if len(words) <= n {
			continue
		}
		at := len(words) - n
		if r, unit, ok := core.ParseRadius(strings.Join(words[at:], " ")); ok && (unit || n == 1) {
			return strings.Join(words[:at], " "), r
		}
	}
	return text, core.DefaultRadius
}

// A followArg is the argument of a button that follows a place; Not is what was followed
// by mistake.
type followArg struct {
	Place  core.PlaceID `json:"p"`
	Radius core.Radius  `json:"r"`
	Not    core.PlaceID `json:"n,omitempty"`
}

func (a followArg) write() string {
	b, err := json.Marshal(a)
	if err != nil {
		return "" // of numbers there is always a JSON form
	}
	return string(b)
}

// followMeant asks which place was meant by a name with a slip in it.
func followMeant(ctx context.Context, t *conversation.Turn, text string, r core.Radius) error {
	meant, err := suggestPlaces(ctx, t.Tx, text)
	if err != nil {
		return err
	}
	if len(meant) == 0 {
		t.Say("follow.unknown", locale.Args{"Text": locale.User(quoted(text))})
		return nil
	}
	buttons, err := followButtons(ctx, t, meant, followArg{Radius: r})
	if err != nil {
		return err
	}
	t.Choose("near.meant", locale.Args{"Text": locale.User(quoted(text))}, buttons...)
	return nil
}

// followButtons returns a button for each place, which follows it.
func followButtons(ctx context.Context, t *conversation.Turn, places []core.Place, arg followArg) ([]core.Button, error) {
	buttons, err := placeButtons(ctx, t, places)
	for i := range buttons {
		arg.Place = places[i].ID
		buttons[i].Do = core.Do{Verb: "follow.place", Arg: arg.write()}
	}
	return buttons, err
}

func followPlace(ctx context.Context, t *conversation.Turn, arg string) error {
	if !runs(t) {
		return nil
	}
	var a followArg
	if err := json.Unmarshal([]byte(arg), &a); err != nil {
		return core.Wrap(core.Internal, err, "flows: read button of place")
	}
	if a.Not != 0 {
		if err := t.Tx.DropFollow(ctx, t.Chat.ID, a.Not); err != nil && core.CodeOf(err) != core.NotFound {
			return err
		}
	}
	return followOne(ctx, t, a, nil)
}

// followOne follows a place, unless there are enough, and offers those of the same name.
func followOne(ctx context.Context, t *conversation.Turn, a followArg, others []core.Place) error {
	all, err := t.Tx.Follows(ctx, t.Chat.ID)
	if err != nil {
		return err
	}
	known := false
	for _, f := range all {
		known = known || f.Place == a.Place
	}
	if !known && len(all) >= core.MostFollows {
		t.Say("follow.most", locale.Args{"N": locale.Count(core.MostFollows)})
		return nil
	}
	place, err := t.Tx.Place(ctx, a.Place)
	if err != nil {
		return err
	}
	language := string(t.Language.Language())
	if err := t.Tx.PutFollow(ctx, core.Follow{Chat: t.Chat.ID, Place: a.Place, Radius: a.Radius, Language: language}); err != nil {
		return err
	}
	named, err := placeButtons(ctx, t, append([]core.Place{*place}, others...))
	if err != nil {
		return err
	}
	m := t.Message("follow.done", locale.Args{"Place": locale.Raw(named[0].Label), "Radius": kmOf(a.Radius)})
	m.Listing = core.Listed
	if t.Can.Lists {
		m.Body = append(m.Body, core.Span{Text: "\n"})
		m.Body = append(m.Body, t.Language.Spans("follow.listed", nil)...)
	}
	if len(others) > 0 {
		m.Body = append(m.Body, core.Span{Text: "\n"})
		m.Body = append(m.Body, t.Language.Spans("follow.others", nil)...)
		if m.Buttons, err = followButtons(ctx, t, others, followArg{Radius: a.Radius, Not: a.Place}); err != nil {
			return err
		}
	}
	t.Show(m)
	return nil
}

func kmOf(r core.Radius) locale.Value {
	return locale.Phrase{Key: "radius.km", Args: locale.Args{"N": locale.Count(int(r))}}
}

// A followed is a place that the group follows, as it is named.
type followed struct {
	core.Follow
	name string
}

// followsOf returns what the group follows, by name.
func followsOf(ctx context.Context, t *conversation.Turn) ([]followed, error) {
	all, err := t.Tx.Follows(ctx, t.Chat.ID)
	if err != nil {
		return nil, err
	}
	var places []core.Place
	for _, f := range all {
		p, err := t.Tx.Place(ctx, f.Place)
		if err != nil {
			return nil, err
		}
		places = append(places, *p)
	}
	named, err := placeButtons(ctx, t, places)
	if err != nil {
		return nil, err
	}
	out := make([]followed, len(all))
	for i := range all {
		out[i] = followed{all[i], named[i].Label}
	}
	return out, nil
}

// showFollows says which places the group follows.
func showFollows(ctx context.Context, t *conversation.Turn) error {
	all, err := followsOf(ctx, t)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		t.Say("follow.none", nil)
		return nil
	}
	m := t.Message("follow.list", nil)
	for _, f := range all {
		m.Body = append(m.Body, core.Span{Text: "\n"})
		m.Body = append(m.Body, t.Language.Spans("follow.line", locale.Args{"Place": locale.Raw(f.name), "Radius": kmOf(f.Radius)})...)
	}
	m.Body = append(m.Body, core.Span{Text: "\n\n"})
	m.Body = append(m.Body, t.Language.Spans("follow.change", nil)...)
	t.Show(m)
	return nil
}

// openUnfollow drops the place that is named, or the only one, or asks which.
func openUnfollow(ctx context.Context, t *conversation.Turn, arg string) error {
	if !runs(t) {
		return nil
	}
	all, err := followsOf(ctx, t)
	if err != nil {
		return err
	}
	fits := all
	if arg != "" && !oneOf(t, "follow.all_words", arg) {
		fits = fitting(all, arg)
	}
	switch {
	case len(all) == 0:
		t.Say("follow.none", nil)
	case len(fits) == 1:
		return drop(ctx, t, fits)
	case oneOf(t, "follow.all_words", arg):
		return drop(ctx, t, all)
	default:
		askUnfollow(t, all)
	}
	return nil
}

// fitting returns the places whose name is text, or begins with it.
func fitting(all []followed, text string) (out []followed) {
	text, _ = placeAndRadius(text)
	want := gazetteer.Fold(text)
	for _, f := range all {
		if want != "" && strings.HasPrefix(gazetteer.Fold(f.name)+" ", want+" ") {
			out = append(out, f)
		}
	}
	return out
}

func askUnfollow(t *conversation.Turn, all []followed) {
	var buttons []core.Button
	for _, f := range all {
		buttons = append(buttons, core.Button{Label: f.name, Do: core.Do{Verb: "follow.drop", Arg: itoa(int64(f.Place))}})
	}
	if len(all) > 1 {
		buttons = append(buttons, t.Button("follow.drop_all", "follow.none"))
	}
	t.Choose("follow.which", nil, buttons...)
}

func unfollowPlace(ctx context.Context, t *conversation.Turn, arg string) error {
	return dropSome(ctx, t, func(f followed) bool { return f.Place == core.PlaceID(atoi(arg)) })
}

func unfollowAll(ctx context.Context, t *conversation.Turn, _ string) error {
	return dropSome(ctx, t, func(followed) bool { return true })
}

// dropSome drops the places that fit, for who runs the group.
func dropSome(ctx context.Context, t *conversation.Turn, fits func(followed) bool) error {
	if !runs(t) {
		return nil
	}
	all, err := followsOf(ctx, t)
	if err != nil {
		return err
	}
	var some []followed
	for _, f := range all {
		if fits(f) {
			some = append(some, f)
		}
	}
	return drop(ctx, t, some)
}

// drop follows places no more, and says which.
func drop(ctx context.Context, t *conversation.Turn, some []followed) error {
	if len(some) == 0 {
		t.Say("follow.none", nil)
		return nil
	}
	var names []string
	for _, f := range some {
		if err := t.Tx.DropFollow(ctx, t.Chat.ID, f.Place); err != nil {
			return err
		}
		names = append(names, f.name)
	}
	left, err := t.Tx.Follows(ctx, t.Chat.ID)
	if err != nil {
		return err
	}
	m := t.Message("follow.dropped", locale.Args{"Places": locale.Raw(strings.Join(names, ", "))})
	if len(left) == 0 {
		m.Listing = core.Unlisted
	}
	t.Show(m)
	return nil
}
