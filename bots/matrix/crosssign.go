//go:build goolm

package matrix

import (
	"context"
)

// setUp gives the account an identity that vouches for its device.
func (m *machine) setUp(ctx context.Context, s *session, how SetUp) error {
	var there, verified bool
	err := s.call(ctx, func(ctx context.Context) (err error) {
		there, verified, err = m.olm.GetOwnVerificationStatus(ctx)
		return err
	})
	switch {
	case err != nil:
		return err
	case there && verified && !how.Reset:
		return nil
	case there && !how.Reset:
		return m.vouch(ctx, s)
	}
	return s.call(ctx, func(ctx context.Context) error { return m.found(ctx, s, how) })
}

// vouch lets the identity vouch for the device, with its recovery key.
func (m *machine) vouch(ctx context.Context, s *session) error {
	if s.config.RecoveryKey == "" {
		return &fault{kind: noRecovery}
	}
	return s.call(ctx, func(ctx context.Context) error {
		if err := m.olm.VerifyWithRecoveryKey(ctx, s.config.RecoveryKey); err != nil {
			return &fault{kind: badRecovery}
		}
		return nil
	})
}

// found makes a new identity. Its recovery key is shown before anything depends on it.
func (m *machine) found(ctx context.Context, s *session, how SetUp) error {
	generate := func() (key string, err error) {
		if s.config.Password == "" { // the server may not ask for it the first time
			key, _, err = m.olm.GenerateAndUploadCrossSigningKeys(ctx, nil, "")
			return key, err
		}
		key, _, err = m.olm.GenerateAndUploadCrossSigningKeysWithPassword(ctx, s.config.Password, "")
		return key, err
	}
	key, err := generate()
	if err != nil {
		return err
	}
	if err := how.Show(key); err != nil {
		return err
	}
	if err := m.olm.SignOwnDevice(ctx, m.olm.OwnIdentity()); err != nil {
		return err
	}
	return m.olm.SignOwnMasterKey(ctx)
}

// revouch lets the identity vouch for the device if it does not yet and the recovery key is
// there. Without it the account works, but some cannot read it.
func (m *machine) revouch(ctx context.Context, s *session) {
	if s.config.RecoveryKey == "" {
		return
	}
	_, verified, err := m.olm.GetOwnVerificationStatus(ctx)
	if err == nil && !verified {
		err = m.vouch(ctx, s)
	}
	if err != nil {
		s.Log.Warn("matrix: nobody vouches for the device", "kind", kindOf(err))
	}
}
