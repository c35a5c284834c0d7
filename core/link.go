package core

import (
	"log/slog"
	"strconv"
	"strings"
)

// SourceID names where the campaign is announced: "poster". The campaign file says
// which there are.
type SourceID string

// An InvitationToken is what a person passes on. It prints and logs as "[invitation]".
type InvitationToken string

func (InvitationToken) String() string       { return "[invitation]" }
func (InvitationToken) GoString() string     { return "[invitation]" }
func (InvitationToken) LogValue() slog.Value { return slog.StringValue("[invitation]") }

// tokenLetters is how many characters of [a-z2-7] an InvitationToken has: 128 bits, as
// crypto/rand.Text draws them.
const tokenLetters = 26

// A Link says what a person came for who says /start and a payload. One of its fields
// is set; the zero Link leads nowhere.
type Link struct {
	Source     SourceID
	Action     ActionID
	Team       TeamID
	Invitation InvitationToken
}

// The payloads of links: what follows /start. Telegram takes 1 to 64 characters of
// A-Z, a-z, 0-9, _ and - there (Telegram Bot Features, Deep Linking).
const (
	sourcePayload     = "src_"
	actionPayload     = "act_"
	teamPayload       = "team_"
	invitationPayload = "inv_"
)

// ParseLink reads a payload. What is none of ours is the zero Link.
func ParseLink(payload string) Link {
	switch kind, subject, _ := strings.Cut(payload, "_"); kind + "_" {
	case sourcePayload:
		if slug(subject) {
			return Link{Source: SourceID(subject)}
		}
	case actionPayload:
		return Link{Action: ActionID(linkNumber(subject))}
	case teamPayload:
		return Link{Team: TeamID(linkNumber(subject))}
	case invitationPayload:
		if len(subject) == tokenLetters && strings.Trim(subject, "abcdefghijklmnopqrstuvwxyz234567") == "" {
			return Link{Invitation: InvitationToken(subject)}
		}
	}
	return Link{}
}

// linkNumber reads an id as we write it; anything else is 0.
func linkNumber(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		return 0
	}
	return n
}

// Payload returns what ParseLink reads as l: "" for the zero Link.
func (l Link) Payload() string {
	switch {
	case l.Source != "":
		return sourcePayload + string(l.Source)
	case l.Action != 0:
		return actionPayload + strconv.FormatInt(int64(l.Action), 10)
	case l.Team != 0:
		return teamPayload + strconv.FormatInt(int64(l.Team), 10)
	case l.Invitation != "":
		return invitationPayload + string(l.Invitation)
	}
	return ""
}
