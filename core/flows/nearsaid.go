package flows

import (
	"github.com/rivo/uniseg"

	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// scope says what is searched: how far around, when, of which kinds, with joint between
// one and the next.
func (p *nearPage) scope(t *conversation.Turn, joint locale.Key) locale.Value {
	values := []locale.Value{locale.Phrase{Key: "near.within", Args: locale.Args{"N": locale.Count(int(p.Radius))}}}
	if p.Place != "" {
		values[0] = locale.Phrase{Key: "near.around", Args: locale.Args{"Place": locale.Raw(p.Place), "N": locale.Count(int(p.Radius))}}
	}
	if p.Online {
		values[0] = locale.Text("action.online")
	}
	if p.When != spanAny {
		values = append(values, p.When.said(t.Now, p.zone(t.Campaign)))
	}
	for _, k := range p.Kinds {
		values = append(values, locale.Raw(t.Campaign.Kind(k).In(string(t.Language.Language()))))
	}
	all := values[0]
	for _, v := range values[1:] {
		all = locale.Phrase{Key: joint, Args: locale.Args{"A": all, "B": v}}
	}
	return all
}

// status says which cards these are, of how many, and what was searched.
func (p *nearPage) status(t *conversation.Turn) []locale.Span {
	total := p.Skip + len(p.found)
	args := locale.Args{
		"From": locale.Count(p.Skip + 1), "To": locale.Count(min(p.Skip+p.size, total)),
		"Total": locale.Count(total), "Scope": p.scope(t, "near.dot"),
	}
	if known := max(countedUpTo, p.Skip+p.size); !p.whole && total > known {
		args["Total"] = locale.Phrase{Key: "near.over", Args: locale.Args{"N": locale.Count(known)}}
	}
	switch {
	case total <= p.size:
		return t.Language.Spans("near.all_of", args)
	case p.size == 1 || p.Skip+1 == total:
		return t.Language.Spans("near.one_of", args)
	}
	return t.Language.Spans("near.some_of", args)
}

// ahead names the next titles, where a page is one card.
func (p *nearPage) ahead(t *conversation.Turn) []locale.Span {
	var titles locale.List
	for _, n := range p.found[1:min(len(p.found), 1+titlesAhead)] {
		titles = append(titles, locale.User(shortened(n.Action.Title)))
	}
	if p.size > 1 || len(titles) == 0 {
		return nil
	}
	return t.Language.Spans("near.ahead", locale.Args{"Titles": titles})
}

// shortened returns a title that takes one line at most.
func shortened(title string) string {
	const most = 40
	if uniseg.GraphemeClusterCount(title) <= most {
		return title
	}
	short, rest := "", title
	for range most {
		var g string
		g, rest, _, _ = uniseg.FirstGraphemeClusterInString(rest, -1)
		short += g
	}
	return short + "…"
}
