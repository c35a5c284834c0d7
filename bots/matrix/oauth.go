package matrix

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"go.mau.fi/util/exsync"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/oauth"
)

// A Pass is how somebody lets the bot into its account at a homeserver that has no
// passwords for programs (spec, "OAuth 2.0 API"; RFC 8628): whoever has the account opens the
// page and types the code there.
type Pass struct {
	URL  string
	Code string
	For  time.Duration // how long it is good
}

// tokens are those of an account that somebody let the bot into. The one that refreshes
// is good once.
type tokens struct {
	Client  string    `json:"client"`
	Refresh string    `json:"refresh"`
	Expires time.Time `json:"expires"` // the access token does
}

// The answers of a token endpoint while nobody has typed the code (RFC 8628, section 3.5).
const (
	pending  = "authorization_pending"
	slowDown = "slow_down"
	denied   = "access_denied"
	expired  = "expired_token"
)

// usualInterval is how often is asked whether the code was typed, if the server does not
// say; each slow_down makes it that much longer.
const usualInterval = 5 * time.Second

// authorize has somebody let the bot in, as the device that is stored if there is one. It fails with Forbidden if the
// server cannot do that, if nobody did, or if it was into another account.
func (s *session) authorize(ctx context.Context) error {
	if s.ask == nil {
		return connecting(&fault{kind: userRefused, cause: "nobody has let the bot in: set MATRIX_PASSWORD, or call tocsin matrix setup"})
	}
	was := s.account
	if was == nil {
		was = &account{device: id.DeviceID(rand.Text()[:10])}
	}
	device := was.device
	got, client, err := s.askFor(ctx, device)
	if err != nil {
		return err
	}
	s.account = &account{device: device, token: got.AccessToken, loggedIn: time.Now(), next: was.next, oauth: &tokens{
		Client: client, Refresh: got.RefreshToken, Expires: time.Now().Add(got.ExpiresIn.Duration),
	}}
	s.refreshing(s.account)
	if err := s.whoami(ctx); err != nil {
		return err
	}
	return s.db.putAccount(ctx, s.account)
}

// askFor returns the tokens of a device, and the name under which we are known there.
func (s *session) askFor(ctx context.Context, device id.DeviceID) (*oauth.TokenResponse, string, error) {
	none := &fault{kind: userRefused, cause: "the server lets nobody in by a code: set MATRIX_PASSWORD, or MATRIX_TOKEN and MATRIX_DEVICE_ID"}
	meta, err := s.client.OAuthGetServerMetadata(ctx)
	var f *fault
	if err != nil {
		f = judge(err, false)
	}
	switch {
	case err != nil && f.kind != gone && f.kind != badContent:
		return nil, "", connecting(f)
	case err != nil || meta.DeviceAuthorizationEndpoint == "":
		return nil, "", connecting(none)
	}
	known, err := s.client.OAuthRegisterClient(ctx, &oauth.ClientMetadata{
		ApplicationType: oauth.ApplicationTypeNative, ClientName: "tocsin", ClientURI: s.config.Site,
		GrantTypes: []oauth.GrantType{oauth.GrantTypeDeviceCode, oauth.GrantTypeRefreshToken}, TokenEndpointAuthMethod: oauth.AuthMethodNone,
	})
	if err != nil {
		return nil, "", connecting(judge(err, false))
	}
	code, err := s.client.OAuthGenerateDeviceCode(ctx, oauth.GenerateDeviceCodeParams{
		Scopes: oauth.ScopeList{oauth.ScopeClientAPI, oauth.ScopeDevice(device)}, UserIDHint: s.user, ClientID: known.ClientID,
	})
	if err != nil {
		return nil, "", connecting(judge(err, false))
	}
	page := code.VerificationURIComplete
	if page == "" {
		page = code.VerificationURI
	}
	if err := s.ask(Pass{URL: page, Code: code.UserCode, For: code.ExpiresIn.Duration}); err != nil {
		return nil, "", err
	}
	got, err := s.typed(ctx, known.ClientID, code)
	return got, known.ClientID, err
}

// typed waits until the code was typed.
func (s *session) typed(ctx context.Context, client string, code *oauth.DeviceCodeResponse) (*oauth.TokenResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, code.ExpiresIn.Duration)
	defer cancel()
	every := code.Interval.Duration
	if every <= 0 {
		every = usualInterval
	}
	for {
		got, err := s.client.OAuthPollDeviceCode(ctx, oauth.PollDeviceCodeParams{ClientID: client, DeviceCode: code.DeviceCode})
		if err == nil {
			return got, nil
		}
		answer, _ := errors.AsType[mautrix.HTTPError](err)
		said := ""
		if answer.RespError != nil {
			said = answer.RespError.ErrCode
		}
		switch {
		case said == pending:
		case said == slowDown:
			every += usualInterval
		case said == denied:
			return nil, connecting(&fault{kind: userRefused, cause: "whoever has the account said no"})
		case said == expired, ctx.Err() != nil:
			return nil, connecting(&fault{kind: userRefused, cause: "the code was not typed in time"})
		case said != "":
			return nil, connecting(&fault{kind: userRefused, cause: "the server answered " + said})
		}
		if !pause(ctx, every) {
			return nil, connecting(&fault{kind: userRefused, cause: "the code was not typed in time"})
		}
	}
}

// refreshing has the client renew its token, and store the new ones before it uses them:
// the old are good no more.
func (s *session) refreshing(known *account) {
	device, since := known.device, known.loggedIn
	client := known.oauth.Client
	s.client.OAuthSetTokens(client, known.oauth.Refresh, known.token, known.oauth.Expires)
	s.client.RequestRetryTrigger = exsync.NewEvent() // without it the library asks again and again where a token stays refused
	s.client.SaveNewToken = func(ctx context.Context, refresh, access string, expires time.Time) error {
		// A server that has made new tokens knows the old no more, whatever became of the call.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
		defer cancel()
		return s.db.putAccount(ctx, &account{device: device, token: access, loggedIn: since, oauth: &tokens{
			Client: client, Refresh: refresh, Expires: expires,
		}})
	}
}
