package matrixtest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"maunium.net/go/mautrix/id"
)

// ServeHTTP implements http.Handler.
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/_matrix/client/v3")
	f.mu.Lock()
	f.calls = append(f.calls, Call{time.Now(), r.Method, path, string(body)})
	refusal := f.refusal
	if refusal == nil && path != "/login" && r.Header.Get("Authorization") != "Bearer "+f.token {
		refusal = Refused("M_UNKNOWN_TOKEN")
	}
	f.mu.Unlock()
	switch {
	case path == "/login":
		f.login(w, body)
	case refusal != nil:
		refusal.write(w)
	case path == "/account/whoami":
		render(w, map[string]any{"user_id": f.User, "device_id": "DEVICE"})
	case path == "/sync":
		f.sync(w, r)
	case strings.HasPrefix(path, "/rooms/"):
		f.room(w, strings.Split(path, "/")[2:], body)
	case path == "/keys/upload":
		render(w, map[string]any{"one_time_key_counts": map[string]int{"signed_curve25519": 50}})
	default:
		render(w, map[string]any{})
	}
}

func (f *Fake) login(w http.ResponseWriter, body []byte) {
	var ask struct {
		Password string `json:"password"`
	}
	_ = json.Unmarshal(body, &ask)
	f.mu.Lock()
	defer f.mu.Unlock()
	if ask.Password != f.Password {
		Refused("M_FORBIDDEN").write(w)
		return
	}
	if f.refusal != nil && f.refusal.Status == http.StatusUnauthorized {
		f.refusal = nil
	}
	f.logins++
	f.token = fmt.Sprint("token-", f.logins)
	render(w, map[string]any{"user_id": f.User, "device_id": "DEVICE", "access_token": f.token})
}

// sync answers with what is new, and waits for it as long as the client wants.
func (f *Fake) sync(w http.ResponseWriter, r *http.Request) {
	since, _ := strconv.Atoi(r.URL.Query().Get("since"))
	first := r.URL.Query().Get("since") == ""
	wait, _ := strconv.Atoi(r.URL.Query().Get("timeout"))
	late := time.After(time.Duration(wait) * time.Millisecond)
	for {
		f.mu.Lock()
		news, more, trouble, refusal := f.news[min(since, len(f.news)):], f.more, f.ever, f.refusal
		f.mu.Unlock()
		if refusal != nil {
			trouble = refusal
		}
		if trouble != nil {
			trouble.write(w)
			return
		}
		if len(news) > 0 || first {
			render(w, f.syncOf(news, since))
			return
		}
		select {
		case <-more:
		case <-late:
			render(w, f.syncOf(nil, since))
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (f *Fake) syncOf(news []fakeEvent, since int) map[string]any {
	join := map[id.RoomID]any{}
	events := map[id.RoomID][]map[string]any{}
	for _, e := range news {
		events[e.room] = append(events[e.room], e.data)
	}
	for room, all := range events {
		join[room] = map[string]any{"timeline": map[string]any{"events": all}}
	}
	return map[string]any{
		"next_batch": fmt.Sprint(since + len(news)), "rooms": map[string]any{"join": join},
		"device_one_time_keys_count": map[string]int{"signed_curve25519": 50},
	}
}

// room answers calls about one room: its state, and what the bot does there.
func (f *Fake) room(w http.ResponseWriter, path []string, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name, err := url.PathUnescape(path[0])
	at := id.RoomID(name)
	room := f.rooms[at]
	switch {
	case err != nil || room == nil:
		Refused("M_FORBIDDEN").write(w)
	case path[1] == "state":
		render(w, f.state(room))
	case path[1] == "send":
		f.send(w, at, path[3], body)
	default:
		render(w, map[string]any{})
	}
}

// send takes a message, unless it did already, as far as the plan lets it. f.mu is held.
func (f *Fake) send(w http.ResponseWriter, at id.RoomID, name string, body []byte) {
	maps.DeleteFunc(f.taken, func(_ string, t taken) bool { return time.Since(t.at) > memory })
	answer := Answer{Done: true}
	if len(f.plan) > 0 {
		answer, f.plan = f.plan[0], f.plan[1:]
	}
	key := string(at) + " " + name
	t, known := f.taken[key]
	if answer.Done && !known {
		var content struct {
			Body string `json:"body"`
		}
		_ = json.Unmarshal(body, &content)
		room := f.rooms[at]
		room.sent = append(room.sent, content.Body)
		t = taken{id.EventID(fmt.Sprint("$sent", len(f.taken), at)), time.Now()}
		f.taken[key] = t
		f.news = append(f.news, fakeEvent{at, map[string]any{
			"type": "m.room.message", "event_id": t.event, "sender": f.User, "origin_server_ts": time.Now().UnixMilli(),
			"content": map[string]any{"body": content.Body}, "unsigned": map[string]any{"transaction_id": name},
		}})
		f.wake()
	}
	if answer.Status != 0 {
		answer.write(w)
		return
	}
	render(w, map[string]any{"event_id": t.event})
}

// state is that of a chat of two, not encrypted.
func (f *Fake) state(r *fakeRoom) []map[string]any {
	of := func(kind string, key id.UserID, content map[string]any) map[string]any {
		return map[string]any{"type": kind, "state_key": key, "sender": r.person, "event_id": "$state", "content": content}
	}
	return []map[string]any{
		of("m.room.create", "", map[string]any{"creator": r.person, "room_version": "10"}),
		of("m.room.join_rules", "", map[string]any{"join_rule": "invite"}),
		of("m.room.member", f.User, map[string]any{"membership": "join"}),
		of("m.room.member", r.person, map[string]any{"membership": "join"}),
	}
}

func (a *Answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.Header)
	w.WriteHeader(a.Status)
	_, _ = io.WriteString(w, a.Body)
}

func render(w http.ResponseWriter, with any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(with)
}
