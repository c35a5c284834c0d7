package telegramtest

import "time"

// An origin says from where a message was forwarded.
type origin struct {
	date      time.Time
	from      int64  // a person
	hidden    string // the name of a person who does not want to be linked to
	channel   int64
	messageID int
}

// write puts the origin into o, in its new and in its old form: the server sends both.
func (f *origin) write(s *Server, o object) {
	origin := object{"date": f.date.Unix()}
	o["forward_origin"], o["forward_date"] = origin, f.date.Unix()
	switch {
	case f.channel != 0:
		ch := s.chats[f.channel].object()
		origin["type"], origin["chat"], origin["message_id"] = "channel", ch, f.messageID
		o["forward_from_chat"], o["forward_from_message_id"] = ch, f.messageID
	case f.hidden != "":
		origin["type"], origin["sender_user_name"] = "hidden_user", f.hidden
		o["forward_sender_name"] = f.hidden
	default:
		p := s.people[f.from].object()
		origin["type"], origin["sender_user"] = "user", p
		o["forward_from"] = p
	}
}
