package telegram

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const libraryPath = "github.com/go-telegram-bot-api/telegram-bot-api/v5"

// forbidden is what we never use of the library, and why.
var forbidden = map[string]string{
	"NewBotAPI":                     "it reaches the server, without a deadline",
	"NewBotAPIWithAPIEndpoint":      "it reaches the server, without a deadline",
	"NewBotAPIWithClient":           "it reaches the server, without a deadline",
	"GetUpdatesChan":                "it confirms updates before they are handled, and logs the token",
	"GetUpdates":                    "one update of another form fails the whole batch",
	"StopReceivingUpdates":          "it waits for the poll, and panics the second time",
	"ListenForWebhook":              "it asks for no secret",
	"ListenForWebhookRespReqFormat": "it asks for no secret",
	"HandleUpdate":                  "it asks for no secret",
	"FromChat":                      "it panics where a message has no chat",
	"SentFrom":                      "it is nil for what the library does not know",
	"EscapeText":                    "it escapes neither quotes nor backslashes",
	"GetFileDirectURL":              "it holds the token",
	"Link":                          "it holds the token",
	"Debug":                         "it logs secrets and what people write",
	"Send":                          "it fails where the answer is true",
	"WebhookConfig":                 "it has no secret",
	"NewWebhook":                    "it has no secret",
	"NewWebhookWithCert":            "it has no secret",
	"LocationConfig":                "it leaves out 0",
	"NewLocation":                   "it leaves out 0",
	"VenueConfig":                   "it leaves out 0",
	"NewVenue":                      "it leaves out 0",
	"EditMessageLiveLocationConfig": "it leaves out 0",
}

// breaches returns what files use of the library although it is forbidden.
func breaches(fset *token.FileSet, info *types.Info) []string {
	var out []string
	for id, used := range info.Uses {
		if used.Pkg() == nil || used.Pkg().Path() != libraryPath || forbidden[used.Name()] == "" {
			continue
		}
		at := fset.Position(id.Pos())
		out = append(out, fmt.Sprintf("%s:%d: %s: %s", filepath.Base(at.Filename), at.Line, used.Name(), forbidden[used.Name()]))
	}
	slices.Sort(out)
	return out
}

// check type-checks the files of one package with what the build has made of those that
// it needs.
func (l *listing) check(fset *token.FileSet, path string, files []*ast.File) (*types.Info, error) {
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(l.exports[path]) }
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	_, err := (&types.Config{Importer: importer.ForCompiler(fset, "gc", lookup)}).Check(path, fset, files, info)
	return info, err
}

// A listing is what go list says of this module.
type listing struct {
	exports  map[string]string // compiled packages by their path
	packages []listed
}

type listed struct {
	ImportPath, Dir, Export            string
	DepOnly                            bool
	GoFiles, TestGoFiles, XTestGoFiles []string
	Imports, TestImports, XTestImports []string
}

func list(t *testing.T) *listing {
	t.Helper()
	l := &listing{exports: map[string]string{}}
	out, err := exec.Command("go", "list", "-deps", "-test", "-export", "-json=ImportPath,Export", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		l.exports[p.ImportPath] = p.Export
	}
	out, err = exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports", "tocsin/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		l.packages = append(l.packages, p)
	}
	return l
}

// The program uses the library in this package alone, and of it only what does no harm.
func TestTheLibraryIsUsedWithCare(t *testing.T) {
	t.Parallel()
	l := list(t)
	t.Run("the check sees what is forbidden", func(t *testing.T) { seesForbidden(t, l) })
	for _, p := range l.packages {
		here := p.ImportPath == "tocsin/bots/telegram"
		if !here && slices.Contains(p.Imports, libraryPath) {
			t.Errorf("%s imports the library", p.ImportPath)
		}
		if !here {
			continue
		}
		fset := token.NewFileSet()
		var files []*ast.File
		for _, name := range append(p.GoFiles, p.TestGoFiles...) {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		info, err := l.check(fset, p.ImportPath, files)
		if err != nil {
			t.Fatal(err)
		}
		uses := 0
		for _, used := range info.Uses {
			if used.Pkg() != nil && used.Pkg().Path() == libraryPath {
				uses++
			}
		}
		if uses < 50 {
			t.Errorf("only %d uses of the library were seen", uses)
		}
		for _, b := range breaches(fset, info) {
			t.Error(b)
		}
	}
}

// seesForbidden tries each way to use what is forbidden: as a function, a method, a
// field and a type, under another name of the import.
func seesForbidden(t *testing.T, l *listing) {
	const source = `package p

import lib "` + libraryPath + `"

func p(b *lib.BotAPI, u lib.Update, f lib.File) {
	_, _ = lib.NewBotAPI("x")
	b.Debug = true
	_ = lib.BotAPI{Debug: true}
	_ = b.GetUpdatesChan(lib.UpdateConfig{})
	b.StopReceivingUpdates()
	_ = b.ListenForWebhook("/")
	_ = u.FromChat()
	_ = f.Link("x")
	send := b.Send
	_, _ = send(lib.VenueConfig{})
	_ = lib.EscapeText("HTML", "x")
}
`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := l.check(fset, "p", []*ast.File{file})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range breaches(fset, info) {
		got = append(got, strings.Split(b, ": ")[1])
	}
	slices.Sort(got)
	if want := "Debug Debug EscapeText FromChat GetUpdatesChan Link ListenForWebhook NewBotAPI Send StopReceivingUpdates VenueConfig"; strings.Join(got, " ") != want {
		t.Errorf("seen %q, want %q", got, want)
	}
}
