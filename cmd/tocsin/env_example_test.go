package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/joho/godotenv"
)

// exampleEnv returns the lines of .env.example that set something, without their #.
func exampleEnv(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range regexp.MustCompile(`(?m)^#?([A-Z_]+=.*)$`).FindAllStringSubmatch(string(b), -1) {
		lines = append(lines, m[1])
	}
	return lines
}

func TestTheExampleNamesWhatIsRead(t *testing.T) {
	t.Parallel()
	var read []string
	if _, err := LoadConfig(func(name string) (string, bool) {
		read = append(read, name)
		return "", false
	}); err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, line := range exampleEnv(t) {
		name, _, _ := strings.Cut(line, "=")
		named = append(named, name)
	}
	slices.Sort(read)
	slices.Sort(named)
	if diff := cmp.Diff(slices.Compact(read), slices.Compact(named)); diff != "" {
		t.Errorf("the program reads -, .env.example names +\n%s", diff)
	}
}

// examples are the lines of .env.example that show no default: there is none, or
// another line does.
var examples = []string{"DATABASE_URL=postgres", "DATABASE_URL_FILE", "CAMPAIGN_FILE", "SMTP_URL", "SMTP_URL_FILE", "MAIL_FROM", "TELEGRAM_TOKEN", "MATRIX_", "TELEGRAM_WEBHOOK", "METRICS_ADDR"}

// settingsOf lets cmp look at a Config.
var settingsOf = cmp.Options{
	cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
	cmpopts.IgnoreFields(Config{}, "Jobs"),
}

func TestTheExampleShowsTheDefaults(t *testing.T) {
	t.Parallel()
	usual, err := LoadConfig(set(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range exampleEnv(t) {
		shown, err := godotenv.Unmarshal(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if slices.ContainsFunc(examples, func(e string) bool { return strings.HasPrefix(line, e) }) {
			continue
		}
		c, err := LoadConfig(set(shown))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if diff := cmp.Diff(usual, c, settingsOf); diff != "" {
			t.Errorf("%s is not the default\n%s", line, diff)
		}
	}
}

func TestTheExamplesAreValid(t *testing.T) {
	t.Parallel()
	for _, variables := range []map[string]string{
		{"SMTP_URL": "", "MAIL_FROM": ""},
		{"DATABASE_URL": ""},
		{"TELEGRAM_TOKEN": "", "TELEGRAM_API_URL": ""},
		{"MATRIX_HOMESERVER": "", "MATRIX_USER": "", "MATRIX_PASSWORD": ""},
		{"TELEGRAM_TOKEN": "", "TELEGRAM_WEBHOOK_URL": "", "TELEGRAM_WEBHOOK_SECRET": ""},
		{"HTTP_ADDR": "", "METRICS_ADDR": ""},
	} {
		for _, line := range exampleEnv(t) {
			shown, err := godotenv.Unmarshal(line)
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range shown {
				if _, wanted := variables[name]; wanted {
					variables[name] = value
				}
			}
		}
		if _, err := LoadConfig(set(variables)); err != nil {
			t.Error(err)
		}
	}
}
