package intake

import (
	"io"
	"iter"
	"time"

	"tocsin/core"
)

// A Sponsor is one row of the list that a sponsorship site hands over.
type Sponsor struct {
	Email       core.Address // canonical
	SponsoredAt core.Day     // as written, whatever the time zone; "" if not known
	Department  string       // as written; may be empty
}

// The columns of a list of sponsors.
const (
	sponsorEmail column = iota
	sponsorAt
	sponsorDepartment
)

var sponsorForm = form{
	Names: map[string]column{
		"email": sponsorEmail, "e-mail": sponsorEmail, "mail": sponsorEmail, "courriel": sponsorEmail,
		"sponsored_at": sponsorAt,
		"department":   sponsorDepartment, "département": sponsorDepartment, "departement": sponsorDepartment,
	},
	Labels:  []string{"email", "sponsored_at", "department"},
	Needs:   []column{sponsorEmail},
	MaxWrap: 1,
}

// Sponsors yields the rows of a list of sponsors: CSV with a header line, whose cells
// stand between commas, semicolons or tabs. The column email (or e-mail, mail,
// courriel) is needed; sponsored_at (2026-12-05, 05/12/2026 or RFC 3339) and
// department are read if they are there, all others passed over. Names are in either
// case, text in any encoding of Decode.
//
// A row is one line. One that cannot be used is a *RowError; reading goes on at the
// next line, whatever the quotes in it. A header without email is an Invalid error
// that says what was found, and a failure of r an Unavailable one; both end the rows.
// One row is in memory at a time.
func Sponsors(r io.Reader) iter.Seq2[Sponsor, error] {
	return func(yield func(Sponsor, error) bool) {
		for row, err := range sponsorForm.records(r) {
			var s Sponsor
			if err == nil {
				s, err = sponsorOf(row)
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

// sponsorOf reads one row. It fails with a *RowError.
func sponsorOf(r record) (Sponsor, error) {
	email, err := CanonicalEmail(r.Cell(sponsorEmail))
	if err != nil {
		return Sponsor{}, &RowError{r.Line, "email: no address"}
	}
	day, ok := dayOf(r.Cell(sponsorAt))
	if !ok {
		return Sponsor{}, &RowError{r.Line, "sponsored_at: no date such as 2026-12-05"}
	}
	department := r.Cell(sponsorDepartment)
	if len(department) > 100 || !core.Visible(department) {
		return Sponsor{}, &RowError{r.Line, "department: too long, or a character that cannot be seen"}
	}
	return Sponsor{email, day, department}, nil
}

// dayOf reads a date, or that of a time, as it is written. It reports false if s is
// neither.
func dayOf(s string) (core.Day, bool) {
	if s == "" {
		return "", true
	}
	if _, err := time.Parse(time.DateOnly, s); err == nil {
		return core.Day(s), true
	}
	for _, layout := range [...]string{"2/1/2006", time.RFC3339, time.DateTime} {
		if t, err := time.Parse(layout, s); err == nil {
			return core.Day(t.Format(time.DateOnly)), true
		}
	}
	return "", false
}
