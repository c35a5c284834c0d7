package telegram

import (
	"context"
	"slices"
)

// A Page is what the bot says about itself to people of one language.
type Page struct {
	Language    string // two letters; "" is for all others
	Description string // shown in an empty chat; at most 512 characters
	Short       string // shown in its profile; at most 120
	Private     []Word // commands of private chats
	Group       []Word // commands of groups
}

// A Word is a command with the line that explains it.
type Word struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

// syncProfile tells the server what changed of what the bot says about itself. It is
// never needed: what fails is logged, and tried again at the next start.
func (a *Adapter) syncProfile(ctx context.Context) {
	if a.Profile == nil {
		return
	}
	for _, page := range a.Profile() {
		for _, part := range []func(context.Context, Page) error{
			func(ctx context.Context, p Page) error { return a.syncWords(ctx, p, "all_private_chats", p.Private) },
			func(ctx context.Context, p Page) error { return a.syncWords(ctx, p, "all_group_chats", p.Group) },
			func(ctx context.Context, p Page) error {
				return a.syncText(ctx, p, text{getMyDescription, setMyDescription, "description", p.Description})
			},
			func(ctx context.Context, p Page) error {
				return a.syncText(ctx, p, text{getShortDescription, setShortDescription, "short_description", p.Short})
			},
		} {
			if err := part(ctx, page); err != nil {
				a.Log.Warn("telegram: the profile is not set", "kind", kindOf(err))
				return
			}
		}
	}
	if err := a.syncMenu(ctx); err != nil {
		a.Log.Warn("telegram: the menu button is not set", "kind", kindOf(err))
	}
}

// syncMenu makes the button beside the text field open the list of commands.
func (a *Adapter) syncMenu(ctx context.Context) error {
	type button struct {
		Type string `json:"type"`
	}
	want := button{"commands"}
	var there button
	if err := a.client.call(ctx, getChatMenuButton, nil, &there); err != nil || there == want {
		return err
	}
	p := params{}
	p.json("menu_button", want)
	return a.client.call(ctx, setChatMenuButton, p, nil)
}

func (a *Adapter) syncWords(ctx context.Context, page Page, scope string, words []Word) error {
	p := params{}
	p.text("language_code", page.Language)
	p.json("scope", map[string]string{"type": scope})
	var there []Word
	if err := a.client.call(ctx, getMyCommands, p, &there); err != nil || slices.Equal(there, words) {
		return err
	}
	p.json("commands", words)
	return a.client.call(ctx, setMyCommands, p, nil)
}

// A text is one text of the profile, and how it is read and set.
type text struct {
	get, set method
	field    string
	want     string
}

func (a *Adapter) syncText(ctx context.Context, page Page, t text) error {
	p := params{}
	p.text("language_code", page.Language)
	there := map[string]string{}
	if err := a.client.call(ctx, t.get, p, &there); err != nil || there[t.field] == t.want {
		return err
	}
	p.text(t.field, t.want)
	return a.client.call(ctx, t.set, p, nil)
}
