package telegramtest

import "slices"

// Tap presses a button that is there now under a message of the chat.
func (u *User) Tap(m Message, label string) Tap {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	now := u.chat.message(m.ID)
	if now == nil {
		s.fail("message %d is not there", m.ID)
	}
	b := now.button(label)
	switch {
	case b == nil:
		s.fail("message %d has the buttons %q and not %q", m.ID, now.Labels(), label)
	case b.Data == "":
		s.fail("the button %q tells the bot nothing", label)
	}
	return s.press(u.bot, u.person, b.Data, object{"message": now.object(u.chat, u.bot)})
}

// DoubleTap presses a button twice, as an impatient finger does.
func (u *User) DoubleTap(m Message, label string) (first, second Tap) {
	return u.Tap(m, label), u.Tap(m, label)
}

// Forge presses a button that may not be there, as a changed app can, or as a person
// can who still sees a message that is deleted or older.
func (u *User) Forge(m Message, data string) Tap {
	s := u.server
	s.mu.Lock()
	defer s.mu.Unlock()
	about := object{"chat": u.chat.object(), "message_id": m.ID, "date": 0}
	if now := u.chat.message(m.ID); now != nil {
		about = now.object(u.chat, u.bot)
	}
	return s.press(u.bot, u.person, data, object{"message": about})
}

// Keyboard returns the reply keyboard that the person sees now, nil for none.
func (u *User) Keyboard() *Keyboard {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	for _, m := range slices.Backward(u.chat.spoken) {
		if m.Keyboard == nil {
			continue
		}
		if m.Keyboard.Removed || m.Keyboard.ForceReply {
			return nil
		}
		return m.Keyboard
	}
	return nil
}

// Press presses a key of the reply keyboard: it writes its text, or shares the
// person's number if the key asks for that.
func (u *User) Press(label string) Message {
	key := u.key(func(k Key) bool { return k.Text == label })
	switch {
	case key == nil:
		u.server.fail("there is no key %q", label)
	case key.Location:
		u.server.fail("the key %q asks for a place: use PressLocation", label)
	case key.Contact:
		return u.ShareContact()
	}
	return u.Send(label)
}

func (u *User) key(is func(Key) bool) *Key {
	k := u.Keyboard()
	if k == nil {
		return nil
	}
	for _, row := range k.Keys {
		if i := slices.IndexFunc(row, is); i >= 0 {
			return &row[i]
		}
	}
	return nil
}
