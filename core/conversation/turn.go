package conversation

import (
	"context"
	"encoding/json"
	"time"

	"tocsin/core"
	"tocsin/core/geo"
	"tocsin/core/locale"
)

// A Scene is who is spoken to, and what may be said to them.
type Scene struct {
	Tx        core.Tx
	Now       time.Time
	Chat      *core.Chat
	Supporter *core.Supporter // nil until they consented
	Campaign  *core.Campaign
	Language  *locale.Printer
	Can       core.Capabilities
	Plain     bool            // text mode: no emoji, numbers instead of buttons, short lines
	About     *core.Reference // what is rendered; nil in a turn
}

// wish turns the scene into text mode if the supporter chose it, or chosen says that a
// person did who is none.
func (s *Scene) wish(chosen bool) {
	if s.Supporter != nil && s.Chat.Kind == core.Private {
		chosen = s.Supporter.Settings.Plain
	}
	if s.Plain = chosen; chosen {
		s.Can.Buttons, s.Can.Edits = false, false
	}
}

// A Turn is one exchange: an event came in, and a step answers it. What a handler
// changes through Tx and says with Say is stored together, or not at all.
type Turn struct {
	Scene
	Conversation *core.Conversation
	Account      *core.Account // nil when no person spoke
	Update       *core.Update

	bot     *Bot
	said    []saying
	later   []*core.Outgoing
	fresh   bool            // the open step is new, and has not asked yet
	pressed core.OutgoingID // what carries the button that was pressed
}

// Say answers with the sentence under key.
func (t *Turn) Say(key locale.Key, args locale.Args) { t.Show(t.Message(key, args)) }

// Choose answers with the sentence under key and buttons below it.
func (t *Turn) Choose(key locale.Key, args locale.Args, buttons ...core.Button) {
	m := t.Message(key, args)
	m.Buttons = buttons
	t.Show(m)
}

// Show answers with m.
func (t *Turn) Show(m *core.Message) { t.said = append(t.said, saying{message: m}) }

// Replace shows m in place of the message whose button was pressed, so that turning
// pages leaves one message behind. Where that cannot be, m is a message of its own.
func (t *Turn) Replace(m *core.Message) {
	s := saying{message: m}
	if t.Can.Edits && m.File == nil {
		s.replaces, t.pressed = t.pressed, 0
	}
	t.said = append(t.said, s)
}

// Message returns the sentence under key in the language of the scene.
func (s *Scene) Message(key locale.Key, args locale.Args) *core.Message {
	return &core.Message{Body: s.Language.Spans(key, args)}
}

// Button returns a button whose label is the sentence under key.
func (s *Scene) Button(key locale.Key, verb core.Verb, arg ...string) core.Button {
	do := core.Do{Verb: verb}
	if len(arg) > 0 {
		do.Arg = arg[0]
	}
	return core.Button{Label: s.Language.Text(key, nil), Do: do}
}

// Top returns the open frame, or nil when no flow is open.
func (t *Turn) Top() *core.Frame {
	if n := len(t.Conversation.Frames); n > 0 {
		return &t.Conversation.Frames[n-1]
	}
	return nil
}

// Data returns what the open flow was told under a name, or "".
func (t *Turn) Data(name string) string {
	if f := t.Top(); f != nil {
		return f.Data[name]
	}
	return ""
}

// Keep remembers something until the open flow ends.
func (t *Turn) Keep(name, value string) {
	f := t.Top()
	if f == nil {
		return
	}
	if f.Data == nil {
		f.Data = map[string]string{}
	}
	f.Data[name] = value
}

// Go moves the open flow to another step, which asks its question once the handler
// has returned.
func (t *Turn) Go(step string) {
	t.Top().Step = step
	t.fresh, t.Conversation.Menus = true, nil
}

// Ask lets the open step ask its question once more.
func (t *Turn) Ask() { t.fresh = true }

// Open begins a flow at a step, in place of what was open.
func (t *Turn) Open(flow, step string) {
	t.Conversation.Frames = nil
	t.Aside(flow, step)
}

// Aside begins a flow at a step above what was open, which goes on afterwards. A
// flow that is open already begins anew, and what was above it is closed.
func (t *Turn) Aside(flow, step string) {
	for i, f := range t.Conversation.Frames {
		if f.Flow == flow {
			t.Conversation.Frames = t.Conversation.Frames[:i]
			break
		}
	}
	t.Conversation.Frames = append(t.Conversation.Frames, core.Frame{Flow: flow, Step: step})
	t.fresh, t.Conversation.Menus = true, nil
}

// End closes the open flow and forgets what was said in it. A flow below it asks
// its question again.
func (t *Turn) End() {
	if n := len(t.Conversation.Frames); n > 0 {
		t.Conversation.Frames = t.Conversation.Frames[:n-1]
	}
	t.fresh, t.Conversation.Menus = len(t.Conversation.Frames) > 0, nil
}

// Close closes all flows.
func (t *Turn) Close() { t.Conversation.Frames, t.Conversation.Menus, t.fresh = nil, nil, false }

// A Window says when work is to be done: not before Due, nor after Expires. Zero
// means at once, and never too late.
type Window struct{ Due, Expires time.Time }

// Later enqueues work without a message, done after this turn is stored. payload is
// written as JSON and sealed; it goes with the task, or when the window ends.
func (t *Turn) Later(name core.TaskName, payload any, w Window) error {
	b, err := json.Marshal(payload)
	if err != nil {
		return core.Wrap(core.Internal, err, "conversation: write task")
	}
	if w.Due.IsZero() {
		w.Due = t.Now
	}
	t.later = append(t.later, &core.Outgoing{
		Lane: core.Talk, Content: &core.Task{Name: name, Payload: b},
		Due: w.Due, Expires: w.Expires, Again: core.TwiceOkay,
	})
	return nil
}

// Attach keeps bytes for a file that goes with a message.
func (t *Turn) Attach(ctx context.Context, name, mime string, b []byte) (*core.Attachment, error) {
	id, err := t.Tx.PutBlob(ctx, b)
	if err != nil {
		return nil, err
	}
	return &core.Attachment{Name: name, MIME: mime, Blob: id}, nil
}

// Position returns the point that this update shares.
func (t *Turn) Position() (geo.Point, bool) {
	p, ok := t.Update.Event.(core.Position)
	return p.Point, ok
}

// Speak changes the language of the rest of the turn, and of what comes after it.
func (t *Turn) Speak(l locale.Language) {
	t.Conversation.Language = string(l)
	if t.Supporter != nil {
		t.Supporter.Language = string(l)
	}
	t.Language = t.bot.Locale.Printer(l)
}

// Planner reads cron lines.
func (t *Turn) Planner() core.Planner { return t.bot.Planner }

// Active reports whether a supporter speaks whose sponsorship is proven.
func (t *Turn) Active() bool { return t.Supporter != nil && t.Supporter.State == core.Active }

// Languages returns those that the bot speaks.
func (t *Turn) Languages() []locale.Language { return t.bot.Locale.Languages() }

// Printers returns those of all languages: what a person writes may be in any.
func (t *Turn) Printers() []*locale.Printer {
	var all []*locale.Printer
	for _, l := range t.bot.Locale.Languages() {
		all = append(all, t.bot.Locale.Printer(l))
	}
	return all
}

// NameOf returns the name of a language in that language.
func (t *Turn) NameOf(l locale.Language) string {
	return t.bot.Locale.Printer(l).Text("language.name", nil)
}
