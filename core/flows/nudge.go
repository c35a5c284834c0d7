package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// What a person is offered once, unasked, besides alerts: a team after a week, and, to who
// organises there, to do something where people search in vain.

func nudge() *conversation.Flow {
	return &conversation.Flow{
		Name: "nudge",
		References: map[core.ReferenceKind]conversation.Rendering{
			core.TeamKind: renderTeam, core.DemandKind: renderDemand,
		},
		Actions: map[core.Verb]conversation.Action{"nudge.team_show": showTeam},
	}
}

// renderTeam offers a team, unless it is gone or plans nothing any more.
func renderTeam(ctx context.Context, s *conversation.Scene, subjects []int64) (*core.Message, error) {
	if s.Supporter == nil || s.Chat.Kind != core.Private || len(subjects) != 1 {
		return nil, nil
	}
	team, err := s.Tx.Team(ctx, core.TeamID(subjects[0]))
	if core.CodeOf(err) == core.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	actions, err := s.Tx.TeamActions(ctx, team.ID, s.Now, 1)
	if err != nil || len(actions) == 0 {
		return nil, err
	}
	a := actions[0]
	start := a.Local(a.StartsAt)
	m := s.Message("nudge.team_offer", locale.Args{
		"Team": locale.User(team.Name), "Title": locale.User(a.Title), "Moment": locale.Moment{At: start, Now: s.Now},
	})
	m.Buttons = []core.Button{
		s.Button("nudge.team_button", "nudge.team_show", itoa(int64(team.ID))), s.Button("alert.why", "alert.why", string(byTeam)),
		s.Button("alert.fewer", "alert.fewer"), s.Button("alert.stop", "stop.all"),
	}
	return m, nil
}

// byTeam and byDemand are why these messages come, as the rules of alerts are.
const (
	byTeam   core.Rule = "team"
	byDemand core.Rule = "demand"
)

// showTeam shows what a team plans.
func showTeam(ctx context.Context, t *conversation.Turn, arg string) error {
	if err := supportersOnly(t, "alert.join"); err != nil {
		return err
	}
	shown, err := showLinkedTeam(ctx, t, core.TeamID(atoi(arg)))
	if err == nil && !shown {
		return core.Fail(core.NotFound, "hint.old")
	}
	return err
}

// demandReach is how far around a square something that is announced answers its demand.
const demandReach = 25

// renderDemand says that people search in vain, how many at least, and where: unless
// something is announced there by now.
func renderDemand(ctx context.Context, s *conversation.Scene, subjects []int64) (*core.Message, error) {
	if s.Supporter == nil || s.Chat.Kind != core.Private || len(subjects) != 2 {
		return nil, nil
	}
	center := geo.Square(subjects[0]).Center()
	place, err := s.Tx.NearestPlace(ctx, geo.CellOf(center))
	if core.CodeOf(err) == core.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	there, err := s.Tx.NearActions(ctx, core.NearQuery{
		Center: center, Radius: demandReach, From: s.Now, To: s.Now.AddDate(0, 0, core.MatchDays), Limit: 1,
	})
	if err != nil || len(there) > 0 && !there[0].Action.Online {
		return nil, err
	}
	m := s.Message("nudge.demand_offer", locale.Args{"N": locale.Count(int(subjects[1])), "Place": locale.Raw(place.Name)})
	around := search{Center: place.Point, Radius: demandReach, Zone: place.Zone, Place: place.Name}
	m.Buttons = []core.Button{
		s.Button("near.button", "near.more", around.write()), s.Button("alert.why", "alert.why", string(byDemand)),
		s.Button("alert.fewer", "alert.fewer"), s.Button("alert.stop", "stop.all"),
	}
	return m, nil
}
