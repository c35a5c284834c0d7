package matrix

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"net/http/httptrace"
	"slices"
	"sync/atomic"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"tocsin/core"
	"tocsin/core/locale"
)

// Send implements core.Adapter. Each part of a message goes under a name of its own that
// is made from the key, so a repeat is the same to the server.
func (a *Adapter) Send(ctx context.Context, d core.Delivery) (core.Receipt, error) {
	if d.To.Bot != a.Bot() {
		return nil, &core.Error{Code: core.Unreachable}
	}
	var receipt core.Receipt
	err := a.use(func(s *session) error {
		p, err := s.post(ctx, d)
		if err != nil {
			return asError(judge(err, false), "matrix: send")
		}
		receipt, err = p.send(ctx)
		return a.limit.judged(err)
	})
	return receipt, err
}

// A post is one delivery on its way.
type post struct {
	*session
	d    core.Delivery
	at   id.RoomID
	room *room
	open bool // devices that nobody vouches for may read it
}

// post looks at where a delivery goes. What is for one person alone goes nowhere if others
// have come into the room, or may.
func (s *session) post(ctx context.Context, d core.Delivery) (*post, error) {
	at, err := s.address(ctx, d)
	if err != nil {
		return nil, err
	}
	r, err := s.room(ctx, at)
	if err != nil {
		return nil, err
	}
	switch r.course {
	case waiting, followed: // its chat gets its new name
		return nil, &fault{kind: movedRoom}
	case refused:
		return nil, &fault{kind: closedRoom, cause: "it goes on elsewhere"}
	}
	if d.Kind == core.Private && r.kind != core.Private {
		return nil, &fault{kind: closedRoom, cause: "others may read it"}
	}
	if r.kind == core.Private && r.person == "" {
		return nil, &fault{kind: notMember, cause: "nobody is left"}
	}
	return &post{session: s, d: d, at: at, room: r}, nil
}

func (p *post) send(ctx context.Context) (core.Receipt, error) {
	switch c := p.d.Content.(type) {
	case *core.Message:
		return p.message(ctx, c)
	case *core.Edit:
		return p.edit(ctx, c)
	case *core.Redact:
		return nil, p.redact(ctx, c.Parts)
	}
	return nil, core.Wrap(core.Invalid, fmt.Errorf("content %T", p.d.Content), "matrix: send")
}

// A part is one event that a message is made of.
type part struct {
	text *event.MessageEventContent
	more map[string]any   // fields that the library does not know
	file *core.Attachment // to be uploaded first
}

// message sends a message in parts.
func (p *post) message(ctx context.Context, m *core.Message) (core.Receipt, error) {
	p.open = m.Open
	parts := p.parts(m)
	if len(parts) == 0 {
		return nil, core.Wrap(core.Invalid, errors.New("nothing to show"), "matrix: send message")
	}
	var receipt core.Receipt
	texts := 0
	for i, part := range parts {
		if part.file == nil && part.more == nil {
			texts = i + 1
		}
		name, err := p.put(ctx, fmt.Sprint("part ", i), part)
		if err != nil {
			return nil, err
		}
		receipt = append(receipt, name)
	}
	if len(m.Buttons) > 0 && texts > 0 {
		if err := p.offer(ctx, id.EventID(receipt[texts-1]), len(m.Buttons)); err != nil {
			return nil, err
		}
	}
	p.list(ctx, m.Listing)
	return receipt, nil
}

// parts returns the events of a message: its text in parts, the last one with the choices,
// then the place, then the file.
func (p *post) parts(m *core.Message) []part {
	var out []part
	for _, text := range texts(m) {
		out = append(out, part{text: p.related(textOf(p.kind(), text))})
	}
	if m.Pin != nil {
		out = append(out, part{text: p.related(pin(m.Pin)), more: pinFields(m.Pin)})
	}
	if m.File != nil {
		out = append(out, part{text: p.related(&event.MessageEventContent{MsgType: event.MsgFile, Body: m.File.Name}), file: m.File})
	}
	return out
}

// texts returns the text of a message in parts that an event can hold.
func texts(m *core.Message) [][]core.Span {
	var out [][]core.Span
	for _, text := range locale.Split(withChoices(m), maxText, nil) {
		if locale.PlainText(text) != "" {
			out = append(out, text)
		}
	}
	return out
}

// withChoices returns the text of a message with a line for each of its choices: the bot's
// own reactions are the buttons, and say only a number.
func withChoices(m *core.Message) []core.Span {
	if len(m.Buttons) == 0 {
		return m.Body
	}
	out := append([]core.Span(nil), m.Body...)
	gap := "\n\n"
	if len(m.Body) == 0 {
		gap = ""
	}
	for i, b := range m.Buttons {
		out = append(out, core.Span{Text: fmt.Sprintf("%s%s %s", gap, label(i+1), b.Label)})
		gap = "\n"
	}
	return out
}

// label is what stands before a choice: the reaction that chooses it, if there is one.
func label(n int) string {
	if n <= mostDigits {
		return digit(n)
	}
	return fmt.Sprintf("%d.", n)
}

// kind says whether a message rings: an answer does not, since it is awaited.
func (p *post) kind() event.MessageType {
	if p.d.Lane == core.Talk {
		return event.MsgNotice
	}
	return event.MsgText
}

// related puts a message into the thread that it is for.
func (p *post) related(c *event.MessageEventContent) *event.MessageEventContent {
	if root := id.EventID(p.d.To.Thread); root != "" {
		c.RelatesTo = (&event.RelatesTo{}).SetThread(root, root)
	}
	return c
}

// pin shows a public place on a map (MSC3488 beside the older geo_uri).
func pin(p *core.Pin) *event.MessageEventContent {
	return &event.MessageEventContent{MsgType: event.MsgLocation, Body: p.Title, GeoURI: geoURI(p.Point), Mentions: &event.Mentions{}}
}

func pinFields(p *core.Pin) map[string]any {
	return map[string]any{
		"org.matrix.msc3488.location": map[string]any{"uri": geoURI(p.Point), "description": p.Title},
		"org.matrix.msc3488.asset":    map[string]any{"type": "m.pin"},
	}
}

// offer puts the bot's own reactions under a message, but those that are there: a person
// chooses by a tap on one.
func (p *post) offer(ctx context.Context, on id.EventID, n int, there ...int) error {
	for i := 1; i <= min(n, mostDigits); i++ {
		if slices.Contains(there, i) {
			continue
		}
		rel := *(&event.RelatesTo{}).SetAnnotation(on, digit(i))
		_, err := p.deliver(ctx, fmt.Sprint("choice ", on, i), event.EventReaction, &event.ReactionEventContent{RelatesTo: rel})
		if err != nil {
			return err
		}
	}
	return nil
}

// put sends one part, encrypted if the room is.
func (p *post) put(ctx context.Context, name string, part part) (core.ReceiptID, error) {
	if part.file != nil {
		if err := p.upload(ctx, part); err != nil {
			return "", asError(judge(err, false), "matrix: upload file")
		}
	}
	content := &event.Content{Parsed: part.text, Raw: part.more}
	return p.encrypted(ctx, name, event.EventMessage, content)
}

// encrypted sends an event, encrypted if the room is.
func (p *post) encrypted(ctx context.Context, name string, t event.Type, content *event.Content) (core.ReceiptID, error) {
	if !p.room.encrypted {
		return p.deliver(ctx, name, t, content)
	}
	seal := p.machine.encrypt
	if p.open {
		seal = p.machine.encryptForAll
	}
	sealed, err := seal(ctx, p.at, t, content)
	if err != nil {
		return "", asError(judge(err, false), "matrix: encrypt")
	}
	return p.deliver(ctx, name, event.EventEncrypted, sealed)
}

// unshared returns what it means that keys could not be given to those who are in a room:
// nothing of a message was sent yet, and what the server refused was not the message.
func unshared(err error) error {
	f := judge(err, false)
	switch f.kind {
	case unknown, notMember, gone, badContent:
		return &fault{kind: serverAway, cause: "the keys are not shared"}
	}
	return f
}

// deliver makes the call that sends an event. Its name makes it the same as an earlier try:
// one that the server has shown us is not made again.
func (p *post) deliver(ctx context.Context, name string, t event.Type, content any) (core.ReceiptID, error) {
	transaction := p.transaction(name)
	if shown, ok := p.echoes.find(transaction); ok {
		return core.ReceiptID(shown), nil
	}
	var sent *mautrix.RespSendEvent
	err := p.written(ctx, func(ctx context.Context) (err error) {
		sent, err = p.client.SendMessageEvent(ctx, p.at, t, content, mautrix.ReqSendEvent{TransactionID: transaction, DontEncrypt: true})
		return err
	})
	if err != nil {
		return "", asError(judge(err, false), "matrix: send event")
	}
	return core.ReceiptID(sent.EventID), nil
}

// written does a call, and judges what became of it by whether it reached the server.
func (p *post) written(ctx context.Context, fn func(context.Context) error) error {
	var wrote atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { wrote.Store(true) }}
	err := fn(httptrace.WithClientTrace(ctx, trace))
	if err != nil {
		return judge(err, wrote.Load())
	}
	return nil
}

// transaction returns the name of one call of a delivery (spec, "Transaction identifiers"),
// which is no other's, in no other room.
func (p *post) transaction(name string) string {
	sum := sha256.Sum256([]byte(string(p.d.Key) + "\x00" + string(p.at) + "\x00" + name))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20])
}

// upload stores a file on the server, encrypted if the room is, and says in the part where
// it is.
func (p *post) upload(ctx context.Context, part part) error {
	data, mime := part.file.Data, part.file.MIME
	part.text.FileName = part.file.Name
	part.text.Info = &event.FileInfo{MimeType: mime, Size: len(data)}
	var sealed *event.EncryptedFileInfo
	if p.room.encrypted {
		sealed = &event.EncryptedFileInfo{EncryptedFile: *attachment.NewEncryptedFile()}
		data, mime = slices.Clone(data), "application/octet-stream"
		sealed.EncryptInPlace(data)
	}
	up, err := p.client.UploadBytes(ctx, data, mime)
	if err != nil {
		f := judge(err, false)
		if f.kind == unknown {
			f = &fault{kind: serverAway, cause: f.cause} // what is uploaded twice shows nothing twice
		}
		return f
	}
	if sealed == nil {
		part.text.URL = up.ContentURI.CUString()
		return nil
	}
	sealed.URL = up.ContentURI.CUString()
	part.text.File = sealed
	return nil
}
