package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// get asks the server for something that holds events, and reads it into out. An event
// that is none by its form is passed over and counted: a server passes on what another
// server made, and one such event must not hide all others. A room in which a part of the
// state was passed over is learnt anew before it is used.
func (s *session) get(ctx context.Context, path mautrix.ClientURLPath, query map[string]string, out any) error {
	var raw json.RawMessage
	_, err := s.client.MakeFullRequest(ctx, mautrix.FullRequest{
		Method: http.MethodGet, URL: s.client.BuildURLWithQuery(path, query), ResponseJSON: &raw, MaxAttempts: 1,
	})
	if err != nil || json.Unmarshal(raw, out) == nil {
		return err
	}
	sound, dropped := sift(raw)
	for _, room := range dropped {
		s.skip("malformed", &fault{kind: broken, cause: "it is no event"})
		if room == "" {
			continue
		}
		if err := s.unlearn(ctx, room); err != nil {
			return err
		}
	}
	if json.Unmarshal(sound, out) != nil {
		return &fault{kind: serverAway, cause: "its answer has another form"}
	}
	return nil
}

// sift returns an answer without the events that are none, and for each of these the room
// that it was in, as far as the answer says so.
func sift(raw []byte) (sound []byte, dropped []id.RoomID) {
	in := json.NewDecoder(bytes.NewReader(raw))
	in.UseNumber()
	var all any
	if in.Decode(&all) != nil {
		return raw, nil
	}
	all = siftIn(all, nil, func(path []string) {
		room := id.RoomID("")
		if len(path) > 2 && path[0] == "rooms" { // rooms.join.!room
			room = id.RoomID(path[2])
		}
		dropped = append(dropped, room)
	})
	sound, err := json.Marshal(all)
	if err != nil {
		return raw, dropped
	}
	return sound, dropped
}

// siftIn is sift of a part, with the way to it.
func siftIn(part any, path []string, drop func(path []string)) any {
	fields, ok := part.(map[string]any)
	if !ok {
		return part
	}
	for name, value := range fields {
		events, list := value.([]any)
		if !list || name != "events" && name != "chunk" {
			fields[name] = siftIn(value, append(path[:len(path):len(path)], name), drop)
			continue
		}
		var kept []any
		for _, e := range events {
			text, err := json.Marshal(e)
			if err == nil {
				err = json.Unmarshal(text, new(event.Event))
			}
			if err != nil {
				drop(path)
				continue
			}
			kept = append(kept, e)
		}
		fields[name] = kept
	}
	return fields
}
