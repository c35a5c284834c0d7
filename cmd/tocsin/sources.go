package main

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"

	"tocsin/core"
)

type sourcesCommand struct{}

// Run lists the sources of the campaign file and those that people came from before it
// changed, each with how many signed up. Of few people no number is told.
func (sourcesCommand) Run(ctx context.Context, p *program) error {
	return p.work(ctx, func(o *opened) error {
		var counts []core.SourceCount
		err := o.store.Read(ctx, func(r core.Reader) (err error) {
			counts, err = r.Sources(ctx)
			return err
		})
		if err != nil {
			return err
		}
		can := startCan(ctx, o.config)
		table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "SOURCE\tSIGNED UP\tLINK")
		for _, c := range allSources(o.config.Campaign.Sources, counts) {
			told := "fewer than " + fmt.Sprint(core.FewPeople)
			if rounded, few := core.Blurred(c.Joined); !few {
				told = fmt.Sprint(rounded)
			}
			link := can.StartLink(core.Link{Source: c.Source})
			if link == "" {
				link = "/start " + core.Link{Source: c.Source}.Payload()
			}
			if !slices.Contains(o.config.Campaign.Sources, c.Source) {
				link = "not in the campaign file"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\n", c.Source, told, link)
		}
		return table.Flush()
	})
}

// allSources returns the sources that a campaign names, in its order, and then the
// others that were counted.
func allSources(named []core.SourceID, counts []core.SourceCount) []core.SourceCount {
	var all []core.SourceCount
	for _, s := range named {
		c := core.SourceCount{Source: s}
		if i := slices.IndexFunc(counts, func(c core.SourceCount) bool { return c.Source == s }); i >= 0 {
			c = counts[i]
		}
		all = append(all, c)
	}
	for _, c := range counts {
		if !slices.Contains(named, c.Source) {
			all = append(all, c)
		}
	}
	return all
}
