package core_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"tocsin/core"
)

const testToken = "abcdefghijklmnopqrstuvwxyz"

func TestALinkIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]core.Link{
		"src_poster":                           {Source: "poster"},
		"src_stand-2027":                       {Source: "stand-2027"},
		"act_42":                               {Action: 42},
		"act_9223372036854775807":              {Action: 1<<63 - 1},
		"team_7":                               {Team: 7},
		"inv_" + testToken:                     {Invitation: testToken},
		"src_" + strings.Repeat("a", 40):       {Source: core.SourceID(strings.Repeat("a", 40))},
		"src_" + strings.Repeat("a", 41):       {},
		"src_Poster":                           {},
		"src_two_words":                        {},
		"src_":                                 {},
		"src":                                  {},
		"act_0":                                {},
		"act_-1":                               {},
		"act_+1":                               {},
		"act_042":                              {},
		"act_9223372036854775808":              {},
		"act_42 ":                              {},
		"team_":                                {},
		"team_x":                               {},
		"inv_" + testToken[1:]:                 {},
		"inv_" + testToken + "a":               {},
		"inv_" + strings.ToUpper(testToken):    {},
		"inv_" + strings.Repeat("0", 26):       {},
		"INV_" + testToken:                     {},
		"":                                     {},
		"_":                                    {},
		"Lyon":                                 {},
		"act_42_src_poster":                    {},
		"act_\u0664\u0662":                     {},
		"src_" + strings.Repeat("\u00e9", 5):   {},
		"ref_" + strings.Repeat("a", 64):       {},
		"team_7\nact_42":                       {},
		"inv_" + testToken[:25] + "\u00e9":     {},
		"inv_" + testToken[:24] + "\u017f\x7f": {},
	} {
		got := core.ParseLink(payload)
		if got != want {
			t.Errorf("%q leads to %q", payload, got.Payload())
		}
		if want != (core.Link{}) && got.Payload() != payload {
			t.Errorf("%q is written again as %q", payload, got.Payload())
		}
	}
}

// deepLink is what Telegram takes behind ?start=.
var deepLink = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func TestEveryInvitationFitsADeepLinkAndIsNotPrinted(t *testing.T) {
	t.Parallel()
	now := time.Now()
	i := core.NewInvitation(core.Link{}, now)
	l := core.Link{Invitation: i.Token}
	if !deepLink.MatchString(l.Payload()) || core.ParseLink(l.Payload()) != l {
		t.Error("an invitation cannot be passed on")
	}
	if other := core.NewInvitation(core.Link{}, now); other.Token == i.Token {
		t.Error("two invitations have one token")
	}
	if said := fmt.Sprintf("%v %s %#v %v", i.Token, i.Token, i.Token, l); strings.Contains(said, string(i.Token)) {
		t.Errorf("an error or a log would hold the token: %s", said)
	}
}

func FuzzParseLink(f *testing.F) {
	for _, s := range []string{"src_poster", "act_42", "team_7", "inv_" + testToken, "", "_", "act_-0", "inv_"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		l := core.ParseLink(payload)
		if l == (core.Link{}) {
			if l.Payload() != "" {
				t.Errorf("what leads nowhere is written as %q", l.Payload())
			}
			return
		}
		if l.Payload() != payload || !deepLink.MatchString(payload) || l.Action < 0 || l.Team < 0 {
			t.Errorf("%q is read as what is written %q", payload, l.Payload())
		}
	})
}

func TestCountsOfPeopleAreBlurred(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "few", 10: "few", 11: "10", 19: "10", 20: "20", 12345: "12340"} {
		got := "few"
		if rounded, few := core.Blurred(n); !few {
			got = fmt.Sprint(rounded)
		}
		if got != want {
			t.Errorf("%d people are told as %s", n, got)
		}
	}
}

func TestAStartLinkWithoutAPayloadHasNoEmptyQuery(t *testing.T) {
	t.Parallel()
	const chat = "https://t.me/a_bot"
	for _, tt := range []struct {
		start string
		to    core.Link
		want  string
	}{
		{chat + "?start=", core.Link{Action: 7}, chat + "?start=act_7"},
		{chat + "?start=", core.Link{}, chat},
		{"", core.Link{Action: 7}, ""},
		{"", core.Link{}, ""},
	} {
		if got := (core.Capabilities{StartURL: tt.start}).StartLink(tt.to); got != tt.want {
			t.Errorf("from %q to %q: %q and not %q", tt.start, tt.to.Payload(), got, tt.want)
		}
	}
}
