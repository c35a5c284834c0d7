package flows_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin/core"
	"tocsin/core/conversation/transcript"
)

// alert enqueues an alert of the first actions for a person, as whoever matches people
// and actions would.
func (s *stage) alert(who, count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	ctx := s.t.Context()
	_, person := s.on.home(who)
	return s.store.Tx(ctx, func(tx core.Tx) error {
		account, err := tx.EnterAccount(ctx, person)
		if err != nil {
			return err
		}
		about := &core.Reference{Kind: "alert", Supporter: account.Supporter, Rule: core.ByWeek}
		for id := range n {
			about.Subjects = append(about.Subjects, int64(id+1))
		}
		return tx.Enqueue(ctx, &core.Outgoing{
			Chat: account.Home, Account: account.ID, Lane: core.Notice, Content: about, Due: time.Now(), Again: core.Once,
		})
	})
}

// What makes an alert of one action pointless, or not allowed, between its choice and
// its sending.
func TestAnAlertIsNotSentWhenThereIsNothingToSay(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(context.Context, core.Tx, core.SupporterID) error{
		"Untouched": func(context.Context, core.Tx, core.SupporterID) error { return nil },
		"Cancelled": func(ctx context.Context, tx core.Tx, _ core.SupporterID) error {
			a, err := tx.Action(ctx, 1)
			if err != nil {
				return err
			}
			a.State = core.Cancelled
			_, _, err = tx.PutActions(ctx, []*core.Action{a})
			return err
		},
		"Refused": func(ctx context.Context, tx core.Tx, s core.SupporterID) error {
			return tx.PutRsvp(ctx, &core.Rsvp{Action: 1, Supporter: s, Answer: core.NotForMe, On: "2027-03-10"})
		},
		"Withdrawn": func(ctx context.Context, tx core.Tx, s core.SupporterID) error {
			return tx.RecordConsent(ctx, &core.Consent{
				Supporter: s, Purpose: core.ToMessages, Version: core.ConsentVersion, Platform: core.Console, At: time.Now(),
			})
		},
		"Suspended": func(ctx context.Context, tx core.Tx, s core.SupporterID) error {
			p, err := tx.Supporter(ctx, s)
			if err != nil {
				return err
			}
			p.State = core.Suspended
			return tx.PutSupporter(ctx, p)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := open(t, "buttons", "fr")
				play := func(line string) string {
					said, err := transcript.Play(s, line)
					if err != nil {
						t.Fatal(err)
					}
					return said
				}
				play("anna: (is a supporter in Lyon)\n")
				err := s.store.Tx(t.Context(), func(tx core.Tx) error {
					account, err := tx.EnterAccount(t.Context(), core.AccountRef{Bot: s.Bot(), ID: "anna"})
					if err != nil {
						return err
					}
					return spoil(t.Context(), tx, account.Supporter)
				})
				if err != nil {
					t.Fatal(err)
				}
				said := play("anna: (an alert of 1 action arrives)\n")
				if sent := strings.Contains(said, "bot:"); sent != (name == "Untouched") {
					t.Errorf("sent: %v\n%s", sent, said)
				}
			})
		})
	}
}

// Alerts are personal: a room is told of nobody's.
func TestARoomGetsNoAlert(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, "buttons", "fr")
		if _, err := transcript.Play(s, "anna: (is a supporter in Lyon)\nanna@team: /near Lyon\n"); err != nil {
			t.Fatal(err)
		}
		ctx := t.Context()
		err := s.store.Tx(ctx, func(tx core.Tx) error {
			account, err := tx.EnterAccount(ctx, core.AccountRef{Bot: s.Bot(), ID: "anna"})
			if err != nil {
				return err
			}
			room, err := tx.EnterChat(ctx, core.ChatRef{Bot: s.Bot(), Chat: "team"}, core.Group)
			if err != nil {
				return err
			}
			account.Home = room.ID
			return tx.PutAccount(ctx, account)
		})
		if err != nil {
			t.Fatal(err)
		}
		said, err := transcript.Play(s, "anna: (an alert of 1 action arrives)\n")
		if err != nil || strings.Contains(said, "bot") {
			t.Errorf("%v\n%s", err, said)
		}
	})
}

// Of what is online and what is near, both are said: half of the reason would be wrong of
// one of them.
func TestAnAlertOfBothSaysBoth(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		online []core.ActionID // of the first three
		want   string
	}{
		{nil, "it is within "},
		{[]core.ActionID{2}, " of your area, or online."},
		{[]core.ActionID{1, 2, 3}, "it is online, so you can take part from anywhere."},
	} {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := open(t, "buttons", "en")
				if _, err := transcript.Play(s, "anna: (is a supporter in Lyon)\n"); err != nil {
					t.Fatal(err)
				}
				err := s.store.Tx(t.Context(), func(tx core.Tx) error {
					for _, id := range tt.online {
						a, err := tx.Action(t.Context(), id)
						if err != nil {
							return err
						}
						a.Online = true
						if _, _, err := tx.PutActions(t.Context(), []*core.Action{a}); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				said, err := transcript.Play(s, "anna: (an alert of 3 actions arrives)\n")
				if err != nil {
					t.Fatal(err)
				}
				if near := strings.Contains(said, "actions near you"); !strings.Contains(said, tt.want) || near != (tt.online == nil) {
					t.Errorf("it says\n%s", said)
				}
			})
		})
	}
}
