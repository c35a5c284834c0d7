package matrix

import (
	"context"

	"tocsin/core"
)

// An Identity is what the account is to others: what an operator compares and looks after.
type Identity struct {
	User        string
	Device      string
	Encryption  string // what this program was built with; "none": rooms that are encrypted stay closed
	Fingerprint string // of the device's key
	CrossSigned bool   // the account has an identity of its own
	Verified    bool   // which vouches for the device
	Keys        int    // one-time keys left on the server: without them nobody new can write to us
}

// Identify connects once, and says who we are; a new account gets its device and its keys.
// It fails with Forbidden if the server refuses the account, and with Conflict if another
// process uses the device.
func (a *Adapter) Identify(ctx context.Context) (*Identity, error) {
	var out *Identity
	err := a.once(ctx, nil, func(s *session) (err error) {
		out = &Identity{User: string(s.user), Device: string(s.client.DeviceID), Encryption: Encryption}
		return s.machine.identify(ctx, s, out)
	})
	return out, err
}

// once does fn with a session of its own.
func (a *Adapter) once(ctx context.Context, ask func(Pass) error, fn func(*session) error) error {
	if a.Lease != nil {
		name := core.LeaseName("sync:" + string(a.Bot()))
		if err := a.Lease.Hold(ctx, name, a.holder); err != nil {
			return err
		}
		defer func() { _ = a.Lease.Drop(context.WithoutCancel(ctx), name, a.holder) }()
	}
	s, err := a.connect(ctx, ask)
	if err != nil {
		return asError(judge(err, false), "matrix: connect")
	}
	defer s.close()
	if err := fn(s); err != nil {
		return asError(judge(err, false), "matrix: look at the account")
	}
	return nil
}

// A SetUp says how an account gets its identity (cross-signing), which vouches for its
// device.
type SetUp struct {
	Ask   func(Pass) error       // asks somebody to let the bot in, where there is no password; nil: nobody can be asked
	Reset bool                   // make a new one though there is one
	Show  func(key string) error // shows the recovery key of a new identity, once
}

// SetUp gives the account an identity, or lets the one that it has vouch for the device
// with the recovery key of the configuration; and says who we are then. It fails with
// Conflict if there is an identity and no recovery key: one that is replaced warns
// everybody who talks to the account.
func (a *Adapter) SetUp(ctx context.Context, how SetUp) (*Identity, error) {
	var out *Identity
	err := a.once(ctx, how.Ask, func(s *session) (err error) {
		out = &Identity{User: string(s.user), Device: string(s.client.DeviceID), Encryption: Encryption}
		if err := s.machine.setUp(ctx, s, how); err != nil {
			return err
		}
		return s.machine.identify(ctx, s, out)
	})
	return out, err
}
