package mail

import (
	netmail "net/mail"
	"slices"
	"strings"
	"testing"

	"tocsin/core"
)

func TestMailFromKeepsTheCampaignsName(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]netmail.Address{
		"post@example.org":                  {Address: "post@example.org"},
		"Campagne d’été <Post@EXAMPLE.org>": {Name: "Campagne d’été", Address: "Post@example.org"},
		`"Une, deux" <a@bücher.example>`:    {Name: "Une, deux", Address: "a@xn--bcher-kva.example"},
	} {
		got, err := parseFrom(raw)
		if err != nil || *got != want {
			t.Errorf("parseFrom(%q) = %v, %v; want %v", raw, got, err, want)
		}
	}
}

func TestMailFromThatCannotBeUsedIsRefusedWithItsRemedy(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]mistake{
		"":                                     fromMissing,
		"  ":                                   fromMissing,
		"Campaign":                             fromShape,
		"a@example.org, b@example.org":         fromShape,
		"a@[127.0.0.1]":                        fromShape,
		"a@127.0.0.1":                          fromShape,
		"=?utf-8?q?a=0D=0Ab?= <a@example.org>": fromShape,
		"a@example.org\r\nBcc: b@example.org":  fromControls,
		"é@example.org":                        fromASCII,
	} {
		if _, err := parseFrom(raw); err != want {
			t.Errorf("parseFrom(%q) fails with %v, want %v", raw, err, want)
		}
	}
}

func TestRecipientIsOneBareAddress(t *testing.T) {
	t.Parallel()
	for typed, want := range map[core.Address]string{
		"Anne.B+x@Example.ORG":  "Anne.B+x@example.org",
		" anne@example.org ":    "anne@example.org",
		"anne@bücher.example":   "anne@xn--bcher-kva.example",
		"andré@example.org":     "andré@example.org",
		"o'neill@example.co.uk": "o'neill@example.co.uk",
	} {
		got, err := recipient(typed)
		if err != nil || got.Address != want || got.Name != "" {
			t.Errorf("recipient(%q) = %v, %v", string(typed), got, err)
		}
	}
	for _, typed := range []core.Address{
		"", "anne", "@example.org", "anne@", "anne@@example.org", "anne@example..org", "anne@-.org",
		"Anne <anne@example.org>", "<anne@example.org>", "anne@example.org (Anne)", `"a b"@example.org`,
		"anne@example.org, b@example.org", "anne@[192.0.2.1]", "anne@192.0.2.1", "anne@example.org\r\n", "anne\x00@example.org",
		"anne@example.org\nRCPT TO:<b@example.org>", "an\xffne@example.org",
		core.Address(strings.Repeat("a", 65) + "@example.org"), core.Address("a@" + strings.Repeat("a.", 130) + "org"),
		core.Address(strings.Repeat("a", 60) + "@" + strings.Repeat(strings.Repeat("a", 60)+".", 3) + "example.org"),
	} {
		if got, err := recipient(typed); core.CodeOf(err) != core.Invalid {
			t.Errorf("recipient(%q) = %v, %v; want Invalid", string(typed), got, err)
		}
	}
}

func FuzzRecipientFitsOnACommandLine(f *testing.F) {
	for _, s := range []string{"a@example.org", "é@ü.example", "a@b\r\nDATA", `"<>"@x.org`, "a>b@x.org", "a@x.org SIZE=1", "a@xn--a.org"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got, err := recipient(core.Address(typed))
		if err != nil {
			if core.CodeOf(err) != core.Invalid || !slices.Contains([]string{
				"invalid: mail: read letter: the recipient has a control character",
				"invalid: mail: read letter: the recipient is no address",
			}, err.Error()) {
				t.Fatalf("recipient fails with %v", err)
			}
			return
		}
		if strings.ContainsAny(got.Address, "\r\n\x00 <>\"\\,;()") || strings.Count(got.Address, "@") != 1 || len(got.Address) > 254 {
			t.Fatalf("%q is taken as %q", typed, got.Address)
		}
		if again, err := recipient(core.Address(got.Address)); err != nil || *again != *got {
			t.Fatalf("%q is taken as %q and then as %v, %v", typed, got.Address, again, err)
		}
	})
}
