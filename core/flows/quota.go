package flows

import (
	"context"

	"tocsin/core"
	"tocsin/core/conversation"
)

// A quotaUse is one quota and of whom it counts.
type quotaUse struct {
	quota core.Quota
	key   core.TallyKey
}

func quotaOf(q core.Quota, subject string) quotaUse {
	return quotaUse{q, core.TallyKey{Kind: q.Kind, Subject: subject}}
}

func accountKey(t *conversation.Turn) string { return core.OfAccount(t.Account.ID) }

func addressKey(f core.Fingerprint) string { return core.OfAddress(f) }

// overQuota counts one attempt in every quota, and reports whether one is used up.
func overQuota(ctx context.Context, t *conversation.Turn, uses ...quotaUse) (bool, error) {
	over := false
	for _, u := range uses {
		n, err := t.Tx.Tally(ctx, u.key, u.quota.Window)
		if err != nil {
			return false, err
		}
		over = over || n > u.quota.Max
	}
	return over, nil
}
