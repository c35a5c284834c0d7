package intake

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Nearly all addresses take the short way: it must give what the long one gives.
func TestBothWaysToACanonicalAddressAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[A-Za-z0-9.+_'-]{1,8}@([A-Za-z0-9-]{1,6}|xn--[a-z0-9]{1,5})(\.[A-Za-z0-9-]{1,4}){0,2}`).Draw(t, "address")
		if !plainEmail(s) {
			return
		}
		if long, err := foldedEmail(s); string(long) != strings.ToLower(s) || err != nil {
			t.Errorf("%q: the long way gives %q and %v", s, string(long), err)
		}
	})
}
