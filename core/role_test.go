package core_test

import (
	"testing"
	"time"

	"tocsin/core"
)

// allowed is the whole table once more, written by hand: a cell that is not here is
// not allowed. Every role is asserted against every right in every kind of area.
var allowed = map[core.RoleName]string{
	core.Owner: "action.publish action.moderate action.open audit.read broadcast.approve broadcast.propose " +
		"person.ban registry.check role.grant stats.read team.broadcast team.members",
	core.Registrar: "registry.check",
	core.Approver:  "broadcast.approve stats.read",
	core.Organiser: "action.publish action.open broadcast.propose stats.read",
	core.Moderator: "action.moderate person.ban",
	core.Lead:      "action.publish team.broadcast team.members",
}

var everyRight = []core.Right{
	core.ActionPublish, core.ActionModerate, core.ActionOpen, core.AuditRead, core.BroadcastApprove, core.BroadcastPropose,
	core.PersonBan, core.RegistryCheck, core.RoleGrant, core.StatsRead, core.TeamBroadcast, core.TeamManageMembers, "no.such",
}

func TestMayHoldsForEveryRoleRightAndArea(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 10, 12, 0, 0, 0, time.UTC)
	areas := []struct {
		granted, asked core.AreaID
		inside         bool
	}{
		{"FR/84", "FR/84", true},
		{"FR/84", "FR/84/69", true},
		{"FR/84", "FR/84/69/team-12", true},
		{"FR/84", "FR/8", false},
		{"FR/84", "FR/841", false},
		{"FR/84", "FR", false},
		{"FR/84", core.World, false},
		{core.World, "FR/84/69", true},
		{core.World, core.World, true},
	}
	for _, role := range core.RoleNames {
		for _, right := range everyRight {
			for _, a := range areas {
				for _, left := range []time.Duration{time.Hour, 0, -time.Hour} {
					grants := []core.Grant{{Role: role, Area: a.granted, Expires: now.Add(left)}}
					want := a.inside && left > 0 && containsWord(allowed[role], string(right))
					if got := core.May(grants, right, a.asked, now); got != want {
						t.Errorf("%s of %q, %s in %q, %s left: %t", role, a.granted, right, a.asked, left, got)
					}
				}
			}
		}
	}
	if core.May(nil, core.StatsRead, core.World, now) {
		t.Error("nobody may something")
	}
}

func containsWord(words, word string) bool {
	for _, w := range splitWords(words) {
		if w == word {
			return true
		}
	}
	return false
}
