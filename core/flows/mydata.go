package flows

import (
	"context"
	"strings"

	"tocsin/core"
	"tocsin/core/conversation"
	"tocsin/core/locale"
)

// myDataFile is rendered when it is sent: so the file is never stored, and what was asked
// for before /deleteme does not outlive it.
const myDataFile core.ReferenceKind = "mydata.file"

// myData gives a person all that is held about them, as a file with a summary; in every
// state, and also to who was banned.
func myData() *conversation.Flow {
	return &conversation.Flow{
		Name:       "mydata",
		Commands:   []conversation.Command{{Name: "mydata", Do: askMyData, Bare: true, Banned: true}},
		Actions:    map[core.Verb]conversation.Action{"mydata.send": askMyData},
		References: map[core.ReferenceKind]conversation.Rendering{myDataFile: renderMyData},
	}
}

func askMyData(ctx context.Context, t *conversation.Turn, _ string) error {
	if t.Chat.Kind != core.Private || t.Account == nil {
		t.Say("talk.private", nil)
		return nil
	}
	over, err := overQuota(ctx, t, quotaOf(core.MyDataPerDay, accountKey(t)))
	if err != nil {
		return err
	}
	if over {
		t.Say("mydata.slow", nil)
		return nil
	}
	r := &core.Reference{Kind: myDataFile, Subjects: []int64{int64(t.Account.ID)}, Language: string(t.Language.Language())}
	if t.Supporter != nil {
		r.Supporter = t.Supporter.ID
	}
	o := &core.Outgoing{Chat: t.Chat.ID, Account: t.Account.ID, Lane: core.Talk, Content: r, Due: t.Now, Again: core.TwiceOkay}
	if err := t.Tx.Enqueue(ctx, o); err != nil {
		return err
	}
	if t.Top() != nil {
		t.Ask()
	}
	return nil
}

// renderMyData makes the file and its summary; nothing for an account that was forgotten
// meanwhile.
func renderMyData(ctx context.Context, s *conversation.Scene, subjects []int64) (*core.Message, error) {
	if len(subjects) != 1 || s.Chat.Kind != core.Private {
		return nil, nil
	}
	d, err := s.Tx.MyData(ctx, core.AccountID(subjects[0]))
	if core.CodeOf(err) == core.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	file, err := explained(s, d)
	if err != nil {
		return nil, err
	}
	m := summary(s, d)
	m.File = &core.Attachment{Name: "mydata.json", MIME: "application/json", Data: file}
	return m, nil
}

// notHere are the sentences that say what the file leaves out, and why.
var notHere = []locale.Key{
	"mydata.without_address", "mydata.without_code", "mydata.without_numbers", "mydata.without_marks",
	"mydata.without_attempts", "mydata.without_tasks", "mydata.without_drafts", "mydata.without_files",
}

// explained writes d as a file, with the meaning of each field in the person's language:
// the catalogue has a sentence for each, under the field's path.
func explained(s *conversation.Scene, d *core.MyData) ([]byte, error) {
	d.Campaign, d.Language = s.Campaign.Name, string(s.Language.Language())
	for _, key := range notHere {
		d.NotHere = append(d.NotHere, s.Language.Text(key, nil))
	}
	const means = "mydata.means."
	d.Meanings = map[string]string{}
	for _, key := range s.Language.Under(means) {
		d.Meanings[strings.TrimPrefix(string(key), means)] = s.Language.Text(key, nil)
	}
	return d.JSON()
}

// summary says what is held, how much of it, and since when.
func summary(s *conversation.Scene, d *core.MyData) *core.Message {
	args := locale.Args{"Kept": kept(d), "Passing": passing(d), "Hint": locale.Text("mydata.hint")}
	if d.Person == nil {
		return s.Message("mydata.stranger", args)
	}
	args["Since"] = locale.Date{At: d.Person.Since.Time()}
	args["Name"], args["Place"] = locale.Text("mydata.none"), locale.Text("mydata.none")
	if d.Person.Name != "" {
		args["Name"] = locale.User(d.Person.Name)
	}
	if d.Person.Place != "" {
		args["Place"] = locale.Raw(d.Person.Place)
	}
	return s.Message("mydata.supporter", args)
}

// A counted is how many of something there are, and the phrase that says so.
type counted struct {
	key locale.Key
	n   int
}

// kept says what stays with the person, passing what leaves by itself within days.
func kept(d *core.MyData) locale.Value {
	return listed([]counted{
		{"mydata.accounts", len(d.Accounts)}, {"mydata.chats", len(d.Chats)}, {"mydata.consents", len(d.Consents)},
		{"mydata.roles", len(d.Roles)}, {"mydata.answers", len(d.Answers)}, {"mydata.searches", len(d.Searches)},
		{"mydata.broadcasts", len(d.Broadcasts)}, {"mydata.sendings", len(d.Sendings)}, {"mydata.audiences", len(d.Audiences)},
	})
}

func passing(d *core.MyData) locale.Value {
	open := 0
	for _, c := range d.Conversations {
		open += len(c.Open)
	}
	return listed([]counted{
		{"mydata.open", open}, {"mydata.messages", len(d.Messages)}, {"mydata.buttons", len(d.Buttons)}, {"mydata.codes", len(d.Codes)}, {"mydata.attempts", len(d.Attempts)},
	})
}

// listed says the counts that are not zero, or that there is nothing.
func listed(all []counted) locale.Value {
	var out locale.List
	for _, c := range all {
		if c.n > 0 {
			out = append(out, locale.Phrase{Key: c.key, Args: locale.Args{"N": locale.Count(c.n)}})
		}
	}
	if out == nil {
		return locale.Text("mydata.nothing")
	}
	return out
}
