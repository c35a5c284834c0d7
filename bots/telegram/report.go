package telegram

import "encoding/json"

// A report is what a message holds that says only that something has changed in a
// private chat, of kinds that the library does not know (Bot API, Message).
type report struct {
	Background  json.RawMessage `json:"chat_background_set"`
	WriteAccess json.RawMessage `json:"write_access_allowed"`
	TopicMade   json.RawMessage `json:"forum_topic_created"`
	TopicEdited json.RawMessage `json:"forum_topic_edited"`
	TopicClosed json.RawMessage `json:"forum_topic_closed"`
	TopicOpened json.RawMessage `json:"forum_topic_reopened"`
	Gift        json.RawMessage `json:"gift"`
	UniqueGift  json.RawMessage `json:"unique_gift"`
	Boost       json.RawMessage `json:"boost_added"`
	UsersShared json.RawMessage `json:"users_shared"`
	ChatShared  json.RawMessage `json:"chat_shared"`
}

// says reports whether a message is such a report: nobody waits for an answer to it.
func (r *report) says() bool {
	for _, one := range []json.RawMessage{
		r.Background, r.WriteAccess, r.TopicMade, r.TopicEdited, r.TopicClosed, r.TopicOpened,
		r.Gift, r.UniqueGift, r.Boost, r.UsersShared, r.ChatShared,
	} {
		if len(one) > 0 {
			return true
		}
	}
	return false
}
