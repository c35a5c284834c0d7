package flows_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tocsin/core"
	"tocsin/core/flows"
	"tocsin/core/locale"
)

// made are keys that the code puts together, by what they begin with.
var made = []string{"profile.", "consent.", "platform.", "role.name.", "command.", "mydata.means."}

// ofLocale are the sections that core/locale itself speaks with.
var ofLocale = []string{"date.", "distance.", "list.", "number."}

var keyForm = regexp.MustCompile(`^[a-z]+\.[a-z_.]+$`)

// What the code says stands in the catalogue, in each language, and what stands there
// is said.
func TestTheCodeAndTheCatalogueKnowTheSameKeys(t *testing.T) {
	t.Parallel()
	words, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	said := keysInCode(t)
	for key, where := range said {
		if isVerb(key) {
			continue
		}
		for _, l := range words.Languages() {
			if !words.Printer(l).Has(locale.Key(key)) {
				t.Errorf("%s says %q, which %s lacks", where, key, l)
			}
		}
	}
	for _, p := range core.Purposes {
		said["consent."+string(p)], said["consent."+string(p)+"_yes"] = "", ""
	}
	for _, key := range words.Keys() {
		known := slices.ContainsFunc(append(made, ofLocale...), func(p string) bool { return strings.HasPrefix(string(key), p) })
		if _, ok := said[string(key)]; !ok && !known {
			t.Errorf("nothing says %q", key)
		}
	}
}

// keysInCode returns the keys that core says, and where.
func keysInCode(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, folder := range []string{".", "..", "../conversation"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				if s, err := strconv.Unquote(lit.Value); err == nil && keyForm.MatchString(s) {
					out[s] = file
				}
				return true
			})
		}
	}
	return out
}

// others are words of that form that are no sentence: files, rights, quotas, keys of
// the campaign file.
var others = []string{
	"account.forget", "action.ics", "action.moderate", "action.open", "action.publish", "agenda.ics", "audit.read", "broadcast.approve",
	"broadcast.propose", "campaign.country", "code.account", "code.address", "code.all", "jobs.", "kind.id",
	"kind.name", "mail.account", "matrix.users", "mail.day", "mail.hour", "person.ban", "registry.check", "role.grant", "role.offer",
	"seen.telegram", "silence.from", "silence.until", "silence.zone", "stats.read", "team.broadcast",
	"team.members", "tocsin.invalid", "mydata.day", "mydata.json",
}

// isVerb reports whether s names something else than a sentence: what a button does, a
// task, what is rendered when it is sent, or one of others.
func isVerb(s string) bool {
	for _, f := range flows.All() {
		_, action := f.Actions[core.Verb(s)]
		_, task := f.Tasks[core.TaskName(s)]
		_, reference := f.References[core.ReferenceKind(s)]
		if action || task || reference {
			return true
		}
	}
	return slices.Contains(made, s) || slices.Contains(others, s)
}
