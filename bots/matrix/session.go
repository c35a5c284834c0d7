package matrix

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/sqlstatestore"

	"tocsin/core"
)

// A session is the account while it is connected.
type session struct {
	*Adapter
	client  *mautrix.Client
	db      *database
	states  *sqlstatestore.SQLStateStore
	machine *machine
	account *account
	ask     func(Pass) error // nil: nobody can be asked
	echoes  *echoes

	directing sync.Mutex // of m.direct
	opening   sync.Mutex // of private chats
	opens     chan opened

	learning sync.Mutex // so that what is older does not overwrite what is newer

	mu     sync.Mutex
	rooms  map[id.RoomID]*room     // what is known of rooms; dropped when it changes
	sealed time.Time               // when the last message came whose key was not there
	live   map[id.RoomID]time.Time // when a live location was last taken
}

// Deadlines of a call, and how much of an answer is read.
const (
	dialTime  = 10 * time.Second
	callTime  = 30 * time.Second
	pollTime  = 30 * time.Second // how long the server keeps an empty sync open
	firstTime = 10 * time.Minute // of the first sync, which may be large
	mostBytes = 256 << 20
)

// reloginAfter is how long at least lies between two logins: servers lock accounts that
// log in again and again.
const reloginAfter = 5 * time.Minute

// connect opens the stores and makes sure that the server knows us as the device whose
// keys are stored. It fails with Forbidden if only the operator can help.
func (a *Adapter) connect(ctx context.Context, ask func(Pass) error) (_ *session, err error) {
	db, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{
		Adapter: a, db: db, rooms: map[id.RoomID]*room{}, live: map[id.RoomID]time.Time{}, ask: ask, opens: make(chan opened, mostOpened),
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.client, err = a.newClient(ctx); err != nil {
		return nil, err
	}
	if s.account, err = db.account(ctx); err != nil {
		return nil, err
	}
	if s.echoes, err = db.echoes(ctx); err != nil {
		return nil, err
	}
	if err = s.identify(ctx); err != nil {
		return nil, err
	}
	s.states = sqlstatestore.NewSQLStateStore(db.Database, nil, false)
	if err = s.states.Upgrade(ctx); err != nil {
		return nil, stored(err)
	}
	s.client.StateStore = s.states
	s.machine, err = s.newMachine(ctx)
	return s, err
}

// newClient makes a client; it reaches nothing unless the server must be found first.
func (a *Adapter) newClient(ctx context.Context) (*mautrix.Client, error) {
	dial := a.config.Dialer
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTime}).DialContext
	}
	transport := &http.Client{Transport: counting{a, &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dial,
		TLSHandshakeTimeout:   dialTime,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
		ForceAttemptHTTP2:     true,
	}}}
	home := a.config.Homeserver
	if home == "" {
		_, server, _ := a.user.Parse()
		home = "https://" + server
		found, err := mautrix.DiscoverClientAPIWithClient(ctx, transport, server)
		if err != nil {
			return nil, &fault{kind: serverAway, cause: "its address cannot be found out"}
		}
		if found != nil && found.Homeserver.BaseURL != "" {
			home = found.Homeserver.BaseURL
		}
	}
	client, err := mautrix.NewClient(home, a.user, "")
	if err != nil {
		return nil, &fault{kind: serverAway, cause: "its address is none"}
	}
	client.Client = transport
	client.UserAgent = "tocsin"
	client.ResponseSizeLimit = mostBytes
	return client, nil
}

// identify makes the client act as our device: with the stored token, with the one of the
// configuration, by a new login that keeps the device, or by asking somebody to let us in.
func (s *session) identify(ctx context.Context) error {
	if s.config.Token != "" {
		device := id.DeviceID(s.config.Device)
		if s.account != nil && s.account.device != device {
			return &fault{kind: wrongDevice}
		}
		if s.account == nil {
			s.account = &account{device: device}
		}
		s.account.token = s.config.Token
		err := s.whoami(ctx)
		if err == nil {
			err = s.db.putAccount(ctx, s.account)
		}
		if kindOf(err) != tokenRefused {
			return err
		}
		return s.login(ctx)
	}
	if s.account != nil {
		if s.account.oauth != nil {
			s.refreshing(s.account)
		}
		err := s.whoami(ctx)
		if kindOf(err) != tokenRefused {
			return err
		}
	}
	if s.config.Password == "" {
		return s.authorize(ctx)
	}
	return s.login(ctx)
}

// whoami asks the server who it takes us for. It fails with Forbidden if that is somebody
// else, or nobody and there is no password.
func (s *session) whoami(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	s.client.AccessToken, s.client.DeviceID = s.account.token, s.account.device
	me, err := s.client.Whoami(ctx)
	if err != nil {
		f := judge(err, false)
		if f.kind == tokenRefused && s.config.Password == "" && s.ask == nil {
			f.kind = userRefused
		}
		return connecting(f)
	}
	if me.UserID != s.user || me.DeviceID != s.account.device {
		return connecting(&fault{kind: wrongDevice})
	}
	return nil
}

// login logs in with the password: as the stored device if there is one, else as a new
// one.
func (s *session) login(ctx context.Context) error {
	was := s.account
	if was == nil {
		was = &account{}
	}
	if since := time.Since(was.loggedIn); since < reloginAfter {
		return connecting(&fault{kind: rateLimited, after: reloginAfter - since})
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	s.client.AccessToken = ""
	got, err := s.client.Login(ctx, &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: string(s.user)},
		Password:   s.config.Password, DeviceID: was.device, InitialDeviceDisplayName: "tocsin",
		StoreCredentials: true,
	})
	if err != nil {
		f := judge(err, false)
		if f.kind == notMember || f.kind == tokenRefused { // M_FORBIDDEN: the password is wrong
			f.kind = userRefused
		}
		return connecting(f)
	}
	if got.UserID != s.user || was.device != "" && got.DeviceID != was.device {
		return connecting(&fault{kind: wrongDevice})
	}
	s.account = &account{device: got.DeviceID, token: got.AccessToken, loggedIn: time.Now(), next: was.next}
	return s.db.putAccount(ctx, s.account)
}

// connecting returns the error of a fault while connecting.
func connecting(f *fault) error { return asError(f, "matrix: connect") }

// close frees what the session holds.
func (s *session) close() {
	if s.machine != nil {
		s.machine.close()
	}
	if s.client != nil {
		s.client.Client.CloseIdleConnections()
	}
	_ = s.db.Close()
}

// call does fn with a deadline, and judges what became of it.
func (s *session) call(ctx context.Context, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if err := fn(ctx); err != nil {
		return judge(err, false)
	}
	return nil
}

// errNoState says that a room's state could not be learnt.
var errNoState = &fault{kind: unknownRoom}

// A room is what is known of a room.
type room struct {
	kind      core.ChatKind
	person    id.UserID // of a private chat: the other one; "" if nobody is left
	others    int       // who are in it beside us, or invited
	encrypted bool
	deaf      bool   // they were told that their device cannot read us
	course    course // what became of it if it goes on as another
}

// room returns what is known of a room. What is not known is asked for: to take a room for
// one that is not encrypted, or a group for a private chat, would be worse than to fail.
func (s *session) room(ctx context.Context, at id.RoomID) (*room, error) {
	s.mu.Lock()
	r := s.rooms[at]
	s.mu.Unlock()
	if r != nil {
		return r, nil
	}
	s.learning.Lock()
	defer s.learning.Unlock()
	if err := s.learn(ctx, at); err != nil {
		return nil, err
	}
	r, err := s.recall(ctx, at)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.rooms[at] = r
	s.mu.Unlock()
	return r, nil
}

// members returns all who are in a room, or invited: a message is encrypted for them, and
// for nobody if the list were not whole.
func (s *session) members(ctx context.Context, at id.RoomID) ([]id.UserID, error) {
	s.learning.Lock()
	defer s.learning.Unlock()
	if err := s.learn(ctx, at); err != nil {
		return nil, err
	}
	all, err := s.states.GetRoomJoinedOrInvitedMembers(ctx, at)
	switch {
	case err != nil || slices.Contains(all, s.user):
	case s.states.IsMembership(ctx, at, s.user, event.MembershipLeave, event.MembershipBan):
		return nil, &fault{kind: notMember, cause: "we are out of the room"}
	default:
		return nil, errNoState
	}
	return all, stored(err)
}

// learn asks the server for the state of a room and stores it, unless it is whole already.
// s.learning is held.
func (s *session) learn(ctx context.Context, at id.RoomID) error {
	whole, err := s.states.HasFetchedMembers(ctx, at)
	if err != nil || whole {
		return stored(err)
	}
	err = s.call(ctx, func(ctx context.Context) error {
		state, err := s.client.State(ctx, at)
		if err == nil && state[event.StateCreate][""] == nil {
			err = errNoState
		}
		return err
	})
	if err != nil {
		return err
	}
	if s.states.IsMembership(ctx, at, s.user, event.MembershipLeave, event.MembershipBan) {
		return &fault{kind: notMember, cause: "the state is that when we left"}
	}
	// The library stores what it was told, and only logs if it could not.
	if known, err := s.states.GetCreate(ctx, at); err != nil || known == nil || !s.states.IsInRoom(ctx, at, s.user) {
		return errNoState
	}
	return stored(s.states.MarkMembersFetched(ctx, at))
}

// recall reads what is stored of a room. A private chat has nobody but the bot and one
// person, and nobody else can come in or look in without being invited.
func (s *session) recall(ctx context.Context, at id.RoomID) (*room, error) {
	encrypted, err := s.states.IsEncrypted(ctx, at)
	was, deaf, err2 := s.db.marks(ctx, at)
	members, err3 := s.states.GetRoomJoinedOrInvitedMembers(ctx, at)
	rules, err4 := s.states.GetJoinRules(ctx, at)
	history, err5 := s.states.GetHistoryVisibility(ctx, at)
	if err := errors.Join(err, err2, err3, err4, err5); err != nil {
		return nil, stored(err)
	}
	if was && !encrypted {
		return nil, errNoState // a room stays encrypted: the server tells us less than it did
	}
	if encrypted && !was {
		if err := s.db.putEncrypted(ctx, at); err != nil {
			return nil, err
		}
	}
	r := &room{kind: core.Group, encrypted: encrypted, deaf: deaf}
	if r.course, err = s.courseOf(ctx, at); err != nil {
		return nil, err
	}
	closed := rules != nil && rules.JoinRule == event.JoinRuleInvite &&
		(history == nil || history.HistoryVisibility != event.HistoryVisibilityWorldReadable)
	var others []id.UserID
	for _, m := range members {
		if m != s.user {
			others = append(others, m)
		}
	}
	r.others = len(others)
	switch {
	case rules == nil:
		return nil, errNoState // it is just being made
	case len(others) > 1, !closed:
		return r, s.db.putGroup(ctx, at)
	}
	if group, err := s.db.group(ctx, at); group || err != nil {
		return r, err
	}
	r.kind = core.Private
	if len(others) == 1 {
		r.person = others[0]
	}
	return r, nil
}

// unlearn forgets who is in a room: it is learnt anew when it is needed.
func (s *session) unlearn(ctx context.Context, at id.RoomID) error {
	s.learning.Lock()
	defer s.learning.Unlock()
	s.changed(at)
	return stored(s.states.ClearCachedMembers(ctx, at))
}

// changed drops what is known of a room.
func (s *session) changed(at id.RoomID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rooms, at)
}
