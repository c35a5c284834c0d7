package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"tocsin/core"
)

type roleGrant struct {
	Role core.RoleName `arg:"" enum:"${roles}" help:"One of ${enum}."`
	Area core.AreaID   `help:"Where: an area such as FR/84/69, without it the whole world."`
}

// Run makes a one-time code, and says what to do with it. Nobody is named: who types
// the code has the role.
func (c *roleGrant) Run(ctx context.Context, p *program) error {
	return p.work(ctx, func(o *opened) error {
		offer := &core.Offer{Role: c.Role, Area: c.Area}
		where := "the world"
		err := commit(ctx, o.store.Tx, func(tx core.Tx) error {
			if c.Area != core.World {
				area, err := tx.Area(ctx, c.Area)
				if core.CodeOf(err) == core.NotFound {
					return misuse{fmt.Errorf("--area: there is no area %s: write one such as FR, FR/84 or FR/84/69", c.Area)}
				}
				if err != nil {
					return err
				}
				where = area.Name + " (" + string(area.ID) + ")"
			}
			now, err := tx.Now(ctx)
			if err != nil {
				return err
			}
			offer.Code, offer.Expires = core.NewCode(), now.Add(core.OfferLife)
			return tx.CreateOffer(ctx, offer)
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.stdout, "The role %s in %s waits for who types, in their private chat with the bot:\n\n"+
			"    /role %s\n\nThe code works once, until %s. Hand it over in person or by a call.\n",
			offer.Role, where, offer.Code.Shown(), offer.Expires.In(o.config.Zone).Format(minutes))
		return err
	})
}

// minutes is how times are written for operators.
const minutes = "2006-01-02 15:04 MST"

type roleList struct{}

// Run lists the grants that hold.
func (roleList) Run(ctx context.Context, p *program) error {
	return p.work(ctx, func(o *opened) error {
		var grants []core.Grant
		var now time.Time
		err := o.store.Read(ctx, func(r core.Reader) (err error) {
			if now, err = r.Now(ctx); err == nil {
				grants, err = r.Grants(ctx, 0)
			}
			return err
		})
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tPERSON\tROLE\tAREA\tUNTIL")
		for _, g := range grants {
			if !now.Before(g.Expires) {
				continue
			}
			area := string(g.Area)
			if g.Area == core.World {
				area = "world"
			}
			fmt.Fprintf(table, "%d\t%d\t%s\t%s\t%s\n", g.ID, g.Supporter, g.Role, area, g.Expires.In(o.config.Zone).Format(minutes))
		}
		return table.Flush()
	})
}

type roleRevoke struct {
	ID core.GrantID `arg:"" help:"The ID that tocsin role list shows."`
}

// Run ends a grant.
func (c *roleRevoke) Run(ctx context.Context, p *program) error {
	return p.work(ctx, func(o *opened) error {
		err := commit(ctx, o.store.Tx, func(tx core.Tx) error { return tx.RevokeGrant(ctx, c.ID) })
		if core.CodeOf(err) == core.NotFound {
			return errors.New("no role has this ID: see tocsin role list")
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.stdout, "The role has ended.")
		return err
	})
}
