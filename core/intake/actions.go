package intake

import (
	"io"
	"iter"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"tocsin/core"
	"tocsin/core/geo"
)

// An ActionRow is an action as a file tells it, within the rules of this package: see
// Actions. Where its place is on the map, and in which time zone, is for the caller
// to find; until then its times may be a clock's.
type ActionRow struct {
	Line       int    // where it begins in the file
	ExternalID string // the file's own name of it; may be empty in a CSV
	Title      string
	Kind       core.KindID // OtherKind if the file tells none; the campaign may not know it
	StartsAt   LocalTime
	EndsAt     LocalTime // zero if the file tells none; an instant or a clock's as StartsAt
	Online     bool      // no Point; Place is the link, or empty
	Place      string    // empty only if there is a Point, or Online
	Point      *geo.Point
	Capacity   int // 0: no limit
	Visibility core.Visibility
	Note       string // lines end in \n
	Sequence   int    // a calendar's; 0 in a CSV
	Cancelled  bool   // only ExternalID and Sequence count; the rest may be anything
}

// OtherKind is the kind of an action whose file tells none.
const OtherKind core.KindID = "other"

// The columns of a list of actions.
const (
	actionTitle column = iota
	actionKind
	actionStart
	actionEnd
	actionPlace
	actionLat
	actionLon
	actionCapacity
	actionVisibility
	actionNote
	actionID
)

var actionForm = form{
	Names: map[string]column{
		"title": actionTitle, "kind": actionKind, "starts_at": actionStart, "ends_at": actionEnd,
		"place": actionPlace, "lat": actionLat, "lon": actionLon, "capacity": actionCapacity,
		"visibility": actionVisibility, "note": actionNote, "external_id": actionID,
	},
	Labels: []string{
		"title", "kind", "starts_at", "ends_at", "place", "lat", "lon", "capacity", "visibility", "note", "external_id",
	},
	Needs:   []column{actionTitle, actionStart},
	MaxWrap: 100,
}

// Actions yields the rows of a list of actions: CSV as for Sponsors, with the columns
//
//	title        3 to 100 characters
//	kind         letters a to z, digits and hyphens; "other" if empty
//	starts_at    2026-12-05 14:00, 05/12/2026 14h30, or RFC 3339 with an offset
//	ends_at      the same, after it by at most 7 days; may be empty
//	place        an address, up to 200 characters; a link, "online" or "en ligne"
//	lat, lon     degrees, both or none
//	capacity     up to 100000; 0 or empty for no limit
//	visibility   supporters (if empty) or everyone
//	note         up to 1000 characters, over several lines if quoted
//	external_id  up to 200 characters
//
// in any order; title and starts_at are needed, and either place or lat and lon.
// Characters that cannot be seen are refused. A quoted cell may run over 100 lines;
// where its quote is not closed by then, only the line that it opens on is lost.
// Errors are those of Sponsors.
func Actions(r io.Reader) iter.Seq2[ActionRow, error] {
	return func(yield func(ActionRow, error) bool) {
		for row, err := range actionForm.records(r) {
			var a ActionRow
			if err == nil {
				a, err = actionOf(row)
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// actionOf reads one row. It fails with a *RowError that names the column.
func actionOf(r record) (ActionRow, error) {
	a := ActionRow{
		Line:       r.Line,
		ExternalID: r.Cell(actionID),
		Title:      tidy(r.Cell(actionTitle)),
		Kind:       core.KindID(strings.ToLower(r.Cell(actionKind))),
		Place:      tidy(r.Cell(actionPlace)),
		Visibility: core.Visibility(strings.ToLower(r.Cell(actionVisibility))),
		Note:       norm.NFC.String(strings.ReplaceAll(r.Cell(actionNote), "\r", "\n")),
	}
	var ok bool
	if a.StartsAt, ok = parseTime(r.Cell(actionStart)); !ok {
		return a, &RowError{r.Line, "starts_at: no time such as 2026-12-05 14:00"}
	}
	if end := r.Cell(actionEnd); end != "" {
		if a.EndsAt, ok = parseTime(end); !ok {
			return a, &RowError{r.Line, "ends_at: no time such as 2026-12-05 14:00"}
		}
	}
	if a.Point, ok = pointOf(r.Cell(actionLat), r.Cell(actionLon)); !ok {
		return a, &RowError{r.Line, "lat, lon: not both there, or no degrees"}
	}
	if capacity := r.Cell(actionCapacity); capacity != "" {
		var err error
		if a.Capacity, err = strconv.Atoi(capacity); err != nil {
			return a, &RowError{r.Line, "capacity: no whole number"}
		}
	}
	return checked(a)
}

// pointOf reads degrees with a decimal point or comma; nil if there are none. It
// reports false if they make no point.
func pointOf(lat, lon string) (*geo.Point, bool) {
	if lat == "" && lon == "" {
		return nil, true
	}
	y, latErr := strconv.ParseFloat(strings.Replace(lat, ",", ".", 1), 64)
	x, lonErr := strconv.ParseFloat(strings.Replace(lon, ",", ".", 1), 64)
	p, err := geo.NewPoint(y, x)
	return &p, latErr == nil && lonErr == nil && err == nil
}
