package matrix

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/core"
)

// chat returns the address of a room.
func (s *session) chat(at id.RoomID) core.ChatRef {
	return core.ChatRef{Bot: s.Bot(), Chat: string(at)}
}

// update returns what happened, or nil if it is not for us. What cannot be read yet is
// kept. It fails if the store or the server does.
func (r *receiver) update(ctx context.Context, e *event.Event) (*core.Update, error) {
	if space, err := r.isSpace(ctx, e.RoomID); space || err != nil {
		return nil, err
	}
	if e.StateKey != nil {
		return r.membership(ctx, e)
	}
	if e.Type == event.EventEncrypted {
		plain, keyed, err := r.machine.decrypt(ctx, e)
		switch {
		case !keyed:
			return nil, r.keepUnread(ctx, e)
		case err != nil:
			r.Log.Warn("matrix: a message cannot be decrypted, whatever comes", "kind", kindOf(err))
			return r.unreadable(ctx, e, string(e.ID))
		}
		e.Mautrix.WasEncrypted, e.Mautrix.TrustState = plain.Mautrix.WasEncrypted, plain.Mautrix.TrustState
		e = plain
	}
	what := r.event(e)
	if what == nil {
		return nil, nil
	}
	u, room, err := r.place(ctx, e, string(e.ID))
	if err != nil || u == nil {
		return nil, err
	}
	u.Event, u.Trust = what, r.trust(e)
	if room.kind == core.Private {
		return u, nil
	}
	u.Rank = r.rank(ctx, e.RoomID, e.Sender)
	if u.Event = r.public(e, what); u.Event == nil {
		return nil, nil
	}
	return u, nil
}

// trust says how sure it is that an event is its sender's own word, and whether it comes
// from a server that the campaign trusts with its organisers.
func (s *session) trust(e *event.Event) core.Trust {
	known := s.config.Organisers
	switch {
	case len(known) > 0 && !slices.Contains(known, e.Sender.Homeserver()):
		return core.Foreign
	case trusted(e):
		return core.Verified
	}
	return core.Unverified
}

// place says where an event comes from and who speaks.
func (s *session) place(ctx context.Context, e *event.Event, name string) (*core.Update, *room, error) {
	r, err := s.room(ctx, e.RoomID)
	if err != nil {
		return nil, nil, err
	}
	u := &core.Update{
		ID: name, Chat: s.chat(e.RoomID), Kind: r.kind, At: time.UnixMilli(e.Timestamp),
		Sender: &core.AccountRef{Bot: s.Bot(), ID: string(e.Sender)},
	}
	if rel := relation(e); rel != nil && rel.Type == event.RelThread {
		u.Chat.Thread = string(rel.EventID)
	}
	return u, r, nil
}

// unreadable says that a message could not be decrypted. In a group that is nobody's
// concern but its sender's.
func (s *session) unreadable(ctx context.Context, e *event.Event, name string) (*core.Update, error) {
	u, r, err := s.place(ctx, e, name)
	if err != nil || r.kind != core.Private {
		return nil, err
	}
	u.Event = core.Unreadable{}
	return u, nil
}

// relation returns how an event relates to another, or nil.
func relation(e *event.Event) *event.RelatesTo {
	if c, ok := e.Content.Parsed.(event.Relatable); ok {
		return c.OptionalGetRelatesTo()
	}
	return nil
}

// event reads what an event holds; nil if it is nothing that is said to us.
func (s *session) event(e *event.Event) core.Event {
	switch c := e.Content.Parsed.(type) {
	case *event.MessageEventContent:
		if e.Type == event.EventSticker {
			return core.Media{Kind: core.Sticker}
		}
		return s.message(e, c)
	case *event.ReactionEventContent:
		return press(c)
	case *event.PollStartEventContent:
		return core.Media{Kind: core.Unknown}
	}
	switch e.Type.Type {
	case "m.location":
		return position(e.Content.Raw, false)
	case "org.matrix.msc3672.beacon", "m.beacon":
		return s.track(e)
	}
	return nil
}

// media are the kinds of message that we do not read (spec, "m.room.message msgtypes").
var media = map[event.MessageType]core.MediaKind{
	event.MsgImage: core.Photo,
	event.MsgVideo: core.Video,
	event.MsgAudio: core.Voice,
	event.MsgFile:  core.File,
}

// message reads a message. A notice is another program's: two of them would never stop.
func (s *session) message(e *event.Event, c *event.MessageEventContent) core.Event {
	in := core.ReceiptID(e.ID)
	edited := false
	if original := c.RelatesTo.GetReplaceID(); original != "" {
		if c.NewContent == nil {
			return nil
		}
		in, c, edited = core.ReceiptID(original), c.NewContent, true
	}
	switch c.MsgType {
	case event.MsgText, event.MsgEmote:
		return words(withoutQuote(c.Body, c.RelatesTo), edited, in)
	case event.MsgLocation:
		if edited {
			return nil
		}
		return position(e.Content.Raw, false)
	}
	if kind, ok := media[c.MsgType]; ok && !edited {
		return core.Media{Kind: kind}
	}
	return nil // a notice, the request of a verification, something newer
}

// marked is a command: /near Lyon, !near Lyon.
var marked = regexp.MustCompile(`(?s)^[!/](\pL[\pL\pN_-]*)(?:\s+(.*))?$`)

// words reads a text: a command, or words.
func words(body string, edited bool, in core.ReceiptID) core.Event {
	if strings.TrimSpace(body) == "" {
		return nil
	}
	if m := marked.FindStringSubmatch(body); m != nil && !edited {
		return core.Command{Name: strings.ToLower(m[1]), Arg: strings.TrimSpace(m[2])}
	}
	return core.Text{Body: body, Edited: edited, In: in}
}

// withoutQuote takes off the quotation that older clients put in front of a reply.
func withoutQuote(body string, rel *event.RelatesTo) string {
	if rel.GetReplyTo() == "" || !strings.HasPrefix(body, "> <@") {
		return body
	}
	for strings.HasPrefix(body, "> ") {
		_, body, _ = strings.Cut(body, "\n")
	}
	return strings.TrimPrefix(body, "\n")
}

// public returns what of a message in a group is said to us: a command, or words that
// begin with our name. Commands begin with ! there, since clients keep / for themselves.
func (s *session) public(e *event.Event, what core.Event) core.Event {
	switch what := what.(type) {
	case core.Command, core.Press:
		return what
	case core.Text:
		if what.Edited {
			return nil
		}
		name, _, _ := s.user.Parse()
		for _, call := range []string{string(s.user), "@" + name, name} {
			rest, called := strings.CutPrefix(what.Body, call)
			rest, spoken := cutCall(rest)
			if called && spoken {
				return words(rest, false, what.In)
			}
		}
		if c, ok := e.Content.Parsed.(*event.MessageEventContent); ok && c.Mentions != nil && slices.Contains(c.Mentions.UserIDs, s.user) {
			return what
		}
	}
	return nil
}

// cutCall takes off what separates a name from what is said to it.
func cutCall(s string) (string, bool) {
	rest := strings.TrimLeft(s, ":, ")
	return strings.TrimSpace(rest), rest != s
}

// digits are the bot's own reactions that stand for buttons. Clients differ in whether
// they send the variation selector.
func digit(n int) string { return strconv.Itoa(n) + "\ufe0f\u20e3" }

const mostDigits = 9

// press reads a reaction: the number of a choice.
func press(c *event.ReactionEventContent) core.Event {
	if c.RelatesTo.Type != event.RelAnnotation {
		return nil
	}
	key := strings.ReplaceAll(c.RelatesTo.Key, "\ufe0f", "")
	for n := 1; n <= mostDigits; n++ {
		if key == strings.ReplaceAll(digit(n), "\ufe0f", "") {
			return core.Press{On: core.ReceiptID(c.RelatesTo.EventID), Choice: n}
		}
	}
	return nil
}

// membership reads who came and went: that we came into a group, or again into a private
// chat, that a private chat became a group, and that the person left theirs.
func (r *receiver) membership(ctx context.Context, e *event.Event) (*core.Update, error) {
	m, ok := e.Content.Parsed.(*event.MemberEventContent)
	if !ok || e.Type != event.StateMember {
		return nil, nil
	}
	own := e.GetStateKey() == string(r.user)
	if !own && r.enters(e) {
		return r.widened(ctx, e)
	}
	gone := m.Membership == event.MembershipLeave || m.Membership == event.MembershipBan
	if own != r.comes(e) || !own && !gone {
		return nil, nil
	}
	u, room, err := r.place(ctx, e, string(e.ID))
	if err != nil {
		return nil, err
	}
	if own && room.kind == core.Private && r.fresh[e.RoomID] {
		return nil, nil // it is new, and waits for its first message; servers may tell it twice, and late
	}
	if own {
		if same, err := r.awaited(ctx, e.RoomID); same || err != nil {
			return nil, err // it is a room of ours under another name
		}
		u.Event, u.Sender = core.Membership{Now: core.Added}, nil
		if room.person != "" {
			u.Sender = &core.AccountRef{Bot: r.Bot(), ID: string(room.person)}
		}
		return u, nil
	}
	if room.kind != core.Private || room.person != "" {
		return nil, nil
	}
	u.Event, u.Sender = core.Membership{Now: core.Removed}, &core.AccountRef{Bot: r.Bot(), ID: e.GetStateKey()}
	return u, nil
}

// enters reports whether with an event somebody is in a room, or invited, who was not.
func (s *session) enters(e *event.Event) bool {
	in := func(c *event.Content) bool {
		m, ok := c.Parsed.(*event.MemberEventContent)
		return ok && (m.Membership == event.MembershipInvite || m.Membership == event.MembershipJoin)
	}
	was := e.Unsigned.PrevContent
	if was != nil {
		_ = was.ParseRaw(e.Type)
	}
	return in(&e.Content) && (was == nil || !in(was))
}

// widened reads that a room of two became one of three: we are in a group now. Whoever
// makes a room and invites people one by one may find us there before the second.
func (r *receiver) widened(ctx context.Context, e *event.Event) (*core.Update, error) {
	u, room, err := r.place(ctx, e, string(e.ID))
	if err != nil || room.kind != core.Group || room.others != 2 {
		return nil, err
	}
	u.Event, u.Sender = core.Membership{Now: core.Added}, nil
	return u, nil
}
