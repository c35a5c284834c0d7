//go:build goolm

package matrix_test

import (
	"testing"

	"tocsin/bots/matrix"
	"tocsin/bots/matrix/matrixtest"
	"tocsin/core"
)

// A room that follows a place is listed in the campaign's space, once, and no more when it
// follows none. Where the bot has no right to it, all else goes on. In a space nobody talks.
func TestARoomThatFollowsAPlaceIsListedInTheSpace(t *testing.T) {
	t.Parallel()
	server := matrixtest.Shared(t)
	anna, ben := server.Human(t, "anna"), server.Human(t, "ben")
	for _, level := range []int{50, 1} {
		bot := server.Register(t, "bot")
		space := anna.Open(matrixtest.ChatOptions{Group: true, Space: true, Plain: true, Level: level}, bot.ID)
		s := newStage(t, func(c *matrix.Config) {
			c.User, c.Password, c.Space = string(bot.ID), bot.Password, string(space.Room)
			c.Invites = matrix.Invites{Rooms: true, Named: []string{c.Space}}
		})
		s.bot = bot
		s.run()
		space.Joined(bot.ID)
		room := s.group(anna, ben.ID)
		if !s.adapter.Capabilities().Lists {
			t.Error("nobody is told of the list")
		}
		for _, step := range []struct {
			key     string
			listing core.Listing
			want    bool
		}{
			{"followed", core.Listed, true}, {"followed again", core.Listed, true}, {"an answer", core.AsListed, true},
			{"followed no more", core.Unlisted, false}, {"and no more", core.Unlisted, false},
		} {
			_, err := s.adapter.Send(t.Context(), core.Delivery{
				Key: core.SendKey(step.key), To: core.ChatRef{Bot: s.adapter.Bot(), Chat: string(room.Room)}, Kind: core.Group, Lane: core.Talk,
				Content: &core.Message{Body: []core.Span{{Text: step.key}}, Listing: step.listing},
			})
			if err != nil {
				t.Fatal(err)
			}
			via, changes := space.Child(room.Room)
			if listed := len(via) > 0; listed != (step.want && level == 50) {
				t.Errorf("level %d, %s: it is listed: %t", level, step.key, listed)
			}
			if most := map[bool]int{true: 2, false: 0}[level == 50]; changes > most {
				t.Errorf("level %d, %s: it was changed %d times", level, step.key, changes)
			}
		}
		space.Write("!near Lyon")
		room.Write("!near Paris")
		for u := s.next(); u.Event != (core.Command{Name: "near", Arg: "Paris"}); u = s.next() {
			if u.Chat.Chat == string(space.Room) {
				t.Errorf("in the space came %#v", u.Event)
			}
		}
		s.halt()
	}
}
