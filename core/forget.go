package core

import "context"

// ForgetStore lets a person go, or a group.
type ForgetStore interface {
	// DropTalk removes what was said in a chat and its threads, the buttons there, and
	// what waits to be said. The chat itself stays.
	DropTalk(ctx context.Context, c ChatID) error

	// Forget removes a person and all that is keyed by them: consents, roles, answers,
	// whose places become free, searches. The sponsorship of one who was banned stays
	// barred. Their accounts stay for ForgetAccount, as those of
	// nobody we know, so that they can be told. It fails with NotFound if there is none.
	Forget(ctx context.Context, s SupporterID) error

	// ForgetAccount removes an account and its private chat with all that was said or
	// waits there. It fails with NotFound if there is none, and with Conflict if it is a
	// supporter's.
	ForgetAccount(ctx context.Context, a AccountID) error
}
