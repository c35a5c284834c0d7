//go:build goolm

package matrix

import (
	"context"

	"maunium.net/go/mautrix"
)

// fewKeys is how many one-time keys on the server are too few: each is used up by a device
// that writes to us for the first time, and without any nobody new reaches us.
const fewKeys = 20

// keys takes what came outside of rooms: keys, and whose devices changed. That no one-time
// key is left is believed only once the server was asked: Dendrite says so in the first
// sync whatever is true, and each batch that is made anew pushes older keys out of the
// device that people may be using.
func (m *machine) keys(ctx context.Context, resp *mautrix.RespSync, since string) {
	if resp.DeviceOTKCount.SignedCurve25519 == 0 {
		resp.DeviceOTKCount.SignedCurve25519 = m.left(ctx)
	}
	m.alarm(resp.DeviceOTKCount.SignedCurve25519)
	m.devices(ctx, resp.DeviceLists.Changed)
	rest := *resp
	rest.DeviceLists = mautrix.DeviceLists{}
	m.olm.ProcessSyncResponse(ctx, &rest, since)
}

// alarm tells the operator once that few one-time keys are left. More are made at once;
// that they were used up says that somebody uses them up, or that we were away for long.
func (m *machine) alarm(left int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if few := left < fewKeys; few != m.few {
		if m.few = few; few {
			m.log.Warn("matrix: few one-time keys are left on the server", "left", left)
		}
	}
}

// republish sends the one-time keys again of which the last program did not hear that the
// server had taken them: else they would go out beside newer ones, when others have used
// them up.
func (m *machine) republish(ctx context.Context) {
	keys, err := m.olm.GetAccount().Internal.OneTimeKeys()
	if err == nil && len(keys) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	if err == nil {
		err = m.olm.ShareKeys(ctx, m.left(ctx))
	}
	if err != nil {
		m.log.Warn("matrix: one-time keys are sent again later", "kind", judge(err, false).kind)
	}
}

// left asks how many one-time keys the server has; enough if it does not say.
func (m *machine) left(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	answer, err := m.olm.Client.UploadKeys(ctx, &mautrix.ReqUploadKeys{})
	if err != nil {
		return int(m.olm.GetAccount().Internal.MaxNumberOfOneTimeKeys())
	}
	return answer.OneTimeKeyCounts.SignedCurve25519
}
