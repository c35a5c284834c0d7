// Package botstest says, as tests, what every core.Adapter must do. An adapter is
// shown to be one by a test that opens a World for it:
//
//	func TestContract(t *testing.T) {
//		botstest.Run(t, func(t *testing.T) botstest.World { return open(t) })
//	}
//
// A World is the adapter together with its platform: the real one, or a fake that
// is faithful to what the platform documents. The contract speaks only of people,
// what they write, and what they are shown, so it holds for any network. What only
// some platforms have is asked for in two ways: core.Capabilities says what the
// adapter can do, and the small interfaces beside World say what the platform's
// people can do (press, share a position) and what can befall it. A property that
// needs what is not there is skipped, and says why.
//
// The tests of this package run the contract on a small platform of their own that
// has everything, and then on adapters that break one rule each: every property is
// seen to fail.
package botstest
