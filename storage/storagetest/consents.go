package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/core"
)

var consentProperties = []property{
	{"Consent/LatestAnswerHolds", consentLatestHolds},
	{"Consent/HistoryIsWholeAndInOrder", consentHistory},
	{"Consent/OfNobodyIsNotFound", consentOfNobody},
}

// noon is an instant with microseconds.
var noon = time.Date(2026, 12, 5, 12, 0, 0, 123456000, time.UTC)

func recordConsent(t *testing.T, s core.Store, c core.Consent) {
	t.Helper()
	do(t, s, func(ctx context.Context, tx core.Tx) error { return tx.RecordConsent(ctx, &c) })
}

func wantConsent(t *testing.T, s core.Store, who core.SupporterID, p core.Purpose, want bool) {
	t.Helper()
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got, err := r.Consented(ctx, who, p)
		if got != want {
			t.Errorf("consent to %s is %t, want %t", p, got, want)
		}
		return err
	})
}

func consentLatestHolds(t *testing.T, s core.Store) {
	who, other := supporter(t, s), supporter(t, s)
	wantConsent(t, s, who, core.ToMessages, false)
	for _, given := range []bool{true, false, true, true, false} {
		recordConsent(t, s, core.Consent{Supporter: who, Purpose: core.ToMessages, Given: given, At: noon})
		wantConsent(t, s, who, core.ToMessages, given)
		wantConsent(t, s, who, core.ToArea, false)
		wantConsent(t, s, other, core.ToMessages, false)
	}
}

func consentHistory(t *testing.T, s core.Store) {
	who, other := supporter(t, s), supporter(t, s)
	want := []core.Consent{
		{Supporter: who, Purpose: core.ToMessages, Given: true, Version: "2026-11", Platform: core.Telegram, At: noon},
		{Supporter: who, Purpose: core.ToTeam, Given: false, Version: "2026-11", Platform: core.Telegram, At: noon},
		{Supporter: who, Purpose: core.ToMessages, Version: "2026-12", Platform: core.Matrix, At: noon.Add(time.Hour)},
	}
	for _, c := range want {
		recordConsent(t, s, c)
	}
	recordConsent(t, s, core.Consent{Supporter: other, Purpose: core.ToArea, Given: true, At: noon})
	read(t, s, func(ctx context.Context, r core.Reader) error {
		got, err := r.Consents(ctx, who)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("consents (-want +got):\n%s", d)
		}
		return err
	})
}

func consentOfNobody(t *testing.T, s core.Store) {
	do(t, s, func(ctx context.Context, tx core.Tx) error {
		err := tx.RecordConsent(ctx, &core.Consent{Supporter: 4711, Purpose: core.ToArea, At: noon})
		wantCode(t, err, core.NotFound)
		return nil // the transaction is whole
	})
}
