package conversation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// What organisers may is taken from whom the platform is sure of. Others who have the right
// are told what to do; who has none hears nothing of that.
func TestAnOrganiserIsHeardOnlyIfItIsSureThatItIsThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trust core.Trust
		event core.Event
		right bool
		want  locale.Key // "": it is done
	}{
		"nothing better":           {core.Plain, core.Command{Name: "fault"}, true, ""},
		"verified":                 {core.Verified, core.Command{Name: "fault"}, true, ""},
		"not verified":             {core.Unverified, core.Command{Name: "fault"}, true, "talk.unverified"},
		"another server":           {core.Foreign, core.Command{Name: "fault"}, true, "talk.foreign"},
		"not verified, no right":   {core.Unverified, core.Command{Name: "fault"}, false, "talk.forbidden"},
		"another server, no right": {core.Foreign, core.Command{Name: "fault"}, false, "talk.forbidden"},
	} {
		b := newBench(t)
		done := false
		b.Flows[0].Commands[0] = conversation.Command{Name: "fault", Right: core.StatsRead, Do: func(context.Context, *conversation.Turn, string) error {
			done = true
			return nil
		}}
		b.join(core.Active, func(tx core.Tx, a *core.Account) error {
			if !c.right {
				return nil
			}
			return tx.CreateGrant(t.Context(), &core.Grant{
				Supporter: a.Supporter, Account: a.ID, Role: core.Organiser, Area: "FR", Expires: time.Now().Add(time.Hour),
			})
		})
		u := command("1")
		u.Trust, u.Event = c.trust, c.event
		if err := b.Handle(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		said := strings.Join(b.said(), "\n")
		if done != (c.want == "") || c.want != "" && said != b.Locale.Printer("en").Text(c.want, nil) {
			t.Errorf("%s: done %t, said %q", name, done, said)
		}
	}
}

// A sign below a message is never encrypted: what to do instead is said.
func TestASignIsNoWordOfAnOrganiser(t *testing.T) {
	t.Parallel()
	for want, u := range map[string]core.Update{
		"talk.sign":       {Trust: core.Unverified, Event: core.Press{On: "$1", Choice: 1}},
		"talk.unverified": {Trust: core.Unverified, Event: core.Press{Token: "x.1"}},
		"talk.foreign":    {Trust: core.Foreign, Event: core.Press{On: "$1", Choice: 1}},
		"":                {Trust: core.Plain, Event: core.Press{Token: "x.1"}},
	} {
		if got := core.KeyOf((&conversation.Turn{Update: &u}).Sure()); got != want {
			t.Errorf("%+v: %q, want %q", u, got, want)
		}
	}
}
