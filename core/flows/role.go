package flows

import (
	"context"
	"slices"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// role takes up a role with the one-time code that the operator was given: platform
// ids are not readable, so nobody can be named from outside.
func role() *conversation.Flow {
	return &conversation.Flow{
		Name:     "role",
		Commands: []conversation.Command{{Name: "role", Do: takeRole}},
	}
}

func takeRole(ctx context.Context, t *conversation.Turn, arg string) error {
	if !t.Active() {
		t.Say("role.join", nil)
		return nil
	}
	if arg == "" {
		return showRoles(ctx, t)
	}
	if err := t.Sure(); err != nil {
		return err // before the code is used up
	}
	over, err := overQuota(ctx, t, quotaOf(core.OfferTries, accountKey(t)))
	if err != nil {
		return err
	}
	if over {
		t.Say("code.slow", nil)
		return nil
	}
	code, ok := core.ParseCode(arg)
	if !ok {
		t.Say("role.wrong", nil)
		return nil
	}
	offer, err := t.Tx.TakeOffer(ctx, code, t.Now)
	if core.CodeOf(err) == core.NotFound {
		t.Say("role.wrong", nil)
		return nil
	}
	if err != nil {
		return err
	}
	g := &core.Grant{
		Supporter: t.Supporter.ID, Account: t.Account.ID, Role: offer.Role, Area: offer.Area, Expires: t.Now.Add(core.RoleLife),
	}
	if err := t.Tx.CreateGrant(ctx, g); err != nil {
		return err
	}
	return showRoles(ctx, t)
}

// showRoles says which roles a person has from this account.
func showRoles(ctx context.Context, t *conversation.Turn) error {
	grants, err := t.Tx.Grants(ctx, t.Supporter.ID)
	if err != nil {
		return err
	}
	grants = slices.DeleteFunc(grants, func(g core.Grant) bool {
		return g.Account != t.Account.ID || !t.Now.Before(g.Expires)
	})
	if len(grants) == 0 {
		t.Say("role.none", nil)
		return nil
	}
	for _, g := range grants {
		area := locale.Value(locale.Text("area.world"))
		if a, err := t.Tx.Area(ctx, g.Area); err == nil {
			area = locale.Raw(a.Name)
		}
		t.Say("role.line", locale.Args{
			"Role": locale.Text(locale.Key("role.name." + string(g.Role))), "Area": area,
			"Until": locale.Date{At: g.Expires, Now: t.Now},
		})
	}
	return nil
}
