package telegramtest

import (
	"bytes"
	"image"
	"image/png"
	"time"
)

// ShareLocation sends a place by way of the paperclip.
func (u *User) ShareLocation(latitude, longitude float64) Message {
	place := Location{Latitude: latitude, Longitude: longitude, Accuracy: 12}
	return u.write(Message{Kind: "location", Location: &place})
}

// PressLocation presses the key of the reply keyboard that asks for a place.
func (u *User) PressLocation(latitude, longitude float64) Message {
	if u.key(func(k Key) bool { return k.Location }) == nil {
		u.server.fail("there is no key that asks for a place")
	}
	return u.ShareLocation(latitude, longitude)
}

// A Live is a location that somebody shares while they move.
type Live struct {
	user    *User
	message Message
}

// ShareLive begins to share where the person is.
func (u *User) ShareLive(latitude, longitude float64, period time.Duration) *Live {
	place := Location{Latitude: latitude, Longitude: longitude, Accuracy: 12, LivePeriod: int(period / time.Second)}
	return &Live{user: u, message: u.write(Message{Kind: "location", Location: &place})}
}

// Message returns the message with the location.
func (l *Live) Message() Message { return l.message }

// Move goes to another place: the message is edited.
func (l *Live) Move(latitude, longitude float64) Message {
	return l.user.change(l.message, func(m *Message) {
		next := *m.Location
		next.Latitude, next.Longitude = latitude, longitude
		m.Location = &next
	})
}

// Stop ends it: the message is edited a last time, without a live_period.
func (l *Live) Stop() Message {
	return l.user.change(l.message, func(m *Message) {
		next := *m.Location
		next.LivePeriod = 0
		m.Location = &next
	})
}

// SendVenue sends a place with a name.
func (u *User) SendVenue(v Venue) Message {
	return u.write(Message{Kind: "venue", Location: &v.Location, Venue: &v})
}

// ShareContact sends the person's own number.
func (u *User) ShareContact() Message { return u.SendContactOf(u) }

// SendContactOf sends the number of somebody, known or not.
func (u *User) SendContactOf(other *User) Message {
	p := other.person
	return u.write(Message{Kind: "contact", Contact: &Contact{Phone: p.phone, First: p.first, Last: p.last, UserID: p.id}})
}

// SendPhoto sends a small photo.
func (u *User) SendPhoto(caption string) Message {
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 32, 24))); err != nil {
		u.server.fail("make photo: %v", err)
	}
	return u.sendFile(&File{Data: picture.Bytes(), Width: 32, Height: 24, kind: "photo"}, caption)
}

// SendDocument sends a file.
func (u *User) SendDocument(name, mime string, data []byte) Message {
	return u.sendFile(&File{Name: name, MIME: mime, Data: data, kind: "document"}, "")
}

// SendLargeDocument sends a file of so many bytes, which cannot be downloaded if it
// is over 20 MB.
func (u *User) SendLargeDocument(name string, size int) Message {
	return u.sendFile(&File{Name: name, kind: "document", size: size}, "")
}

// SendVoice sends a voice message.
func (u *User) SendVoice(d time.Duration) Message {
	return u.sendFile(&File{Name: "voice.oga", MIME: "audio/ogg", Duration: d, Data: []byte("OggS"), kind: "voice"}, "")
}

// SendVideo sends a video.
func (u *User) SendVideo(d time.Duration) Message {
	return u.sendFile(&File{Name: "video.mp4", MIME: "video/mp4", Duration: d, Width: 320, Height: 240, Data: []byte("ftyp"), kind: "video"}, "")
}

// SendSticker sends a sticker.
func (u *User) SendSticker(emoji string) Message {
	return u.sendFile(&File{Name: "sticker.webp", Emoji: emoji, Data: []byte("RIFF"), kind: "sticker"}, "")
}

func (u *User) sendFile(f *File, caption string) Message {
	u.server.mu.Lock()
	u.server.keep(f)
	u.server.mu.Unlock()
	return u.write(Message{Kind: f.kind, File: f, caption: true, Text: caption, Entities: detect(caption, nil)})
}

// Forward sends on a message that somebody else wrote, here or elsewhere.
func (u *User) Forward(m Message) Message {
	from := &origin{date: m.Date, from: m.From}
	if m.SenderChat != 0 {
		from = &origin{date: m.Date, channel: m.SenderChat, messageID: m.ID}
	}
	return u.forward(m, from)
}

// ForwardHidden does so where the writer does not want to be linked to.
func (u *User) ForwardHidden(m Message, name string) Message {
	return u.forward(m, &origin{date: m.Date, hidden: name})
}

func (u *User) forward(m Message, from *origin) Message {
	m.origin, m.Thread, m.ReplyTo, m.Edited, m.SenderChat = from, 0, 0, time.Time{}, 0
	m.Buttons, m.Keyboard, m.topic, m.meant = nil, nil, false, nil
	return u.write(m)
}
