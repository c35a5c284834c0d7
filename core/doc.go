// Package core is the campaign: its nouns, its rules, and what it asks of the
// outside. It knows no SQL, no HTTP and no platform. Read this page first.
//
// # Words
//
// A bot ([BotID]) is one account of ours on one [Platform]; an [Adapter] connects it. A
// chat is a [ChatRef]; what happens in it is an [Update] with an [Event]. A
// [Supporter] is a person who proved their sponsorship; before that we hold nobody, only
// an open conversation, sealed. Each has one or more accounts. A [Sponsorship] is public
// support that was given on a separate site; we hold only its [Fingerprint]. A
// [Consent] answers one [Purpose]. A [Place] is a town, a [Cell] about a square
// kilometre, an [Area] a part of the tree country > region > département. An
// [Action] is a dated event, an [Rsvp] a person's answer to it. A [Link] is what a person
// came for who says /start with a payload; an [Invitation] is one to pass on. A [Follow]
// is a place around which a group is told of new actions, a [Post] the card of one there.
//
// # Arrows
//
//	cmd ─► bots/*, scheduler, storage, core/flows ─► core/conversation ─► core ─► core/geo, core/locale
//
// An import test holds them. Beside flows stand core/gazetteer (the embedded towns),
// core/intake (other people's files, row by row), core/calendar (iCalendar) and
// core/demo (a made-up campaign).
//
// # The life of one update
//
//	update ► adapter ► Queue ► Bot.Handle ► Flow ► Tx ┐ one transaction:
//	                                                  ├ seen mark, conversation, replies
//	                                reply ► outbox ◄──┘
//	outbox ► scheduler.Dispatcher ► adapter.Send ► person
//
// Nothing in core sends. A turn stores what changed and what is to be said in one
// transaction; an update is received once Handle has returned nil, and only then
// confirmed to the platform. What comes twice is dropped by its seen mark. The
// dispatcher claims what is due, asks the gate (consent, stop, ban, silence, expiry)
// and renders in the same transaction, sends, and settles the verdict.
//
// # A message to many
//
// A [Broadcast] is a [Letterhead], which is what a second person approves by its [Hash],
// and where it stands. Its [Audience] is asked by one query, which counts and which
// freezes: a copy a person, a row each, with who is skipped and why. [Broadcast.Next]
// is its course:
//
//	draft ► proposed ► approved ► holding ► freezing ► canary ► running ► finished
//	                   └ one person, few people ──────┘    ▼        │ ▲      ▼
//	                                                     paused ◄───┘─┘   recalled
//	                                            stopping ► stopped
//
// scheduler.Broadcasts leads it there; scheduler.Dispatcher sends the copies as it sends
// all else: the intent is committed before the call, outcomes and the next intents
// together, the gate is asked at the moment of sending, and no call begins after its
// lease. So nothing starts once a broadcast is [Stopped], which it is only when nothing
// is on its way. A copy that may have arrived is not sent again unless the organiser chose
// so. A correction and a recall are broadcasts of their own, to the copies that arrived.
//
// # Two rules
//
// Nothing is lost and nobody is written to twice by our fault. Membership is a
// political opinion: what we do not hold cannot leak, and the bot never tells anyone
// who is a member.
package core
