package telegramtest

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestEveryMethodServedIsListed(t *testing.T) {
	t.Parallel()
	for name := range methods() {
		if api[name] == nil {
			t.Errorf("%s is not in api.txt", name)
		}
	}
	for name := range api {
		if strings.ToLower(name) == name && methods()[name] == nil {
			t.Errorf("%s is in api.txt and not served", name)
		}
	}
}

// TestListedFieldsAreThoseOfTheBotAPI compares api.txt with the field tables of the
// Bot API 10.1 as JSON, {"methods": {name: {field: [types, required]}}, "types": …},
// in the file that TELEGRAM_API_TABLES names.
func TestListedFieldsAreThoseOfTheBotAPI(t *testing.T) {
	t.Parallel()
	file := os.Getenv("TELEGRAM_API_TABLES")
	if file == "" {
		t.Skip("TELEGRAM_API_TABLES names no field tables")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var tables struct {
		Methods, Types map[string]map[string][]any
	}
	if err := json.Unmarshal(text, &tables); err != nil {
		t.Fatal(err)
	}
	official := map[string]map[string]bool{}
	for _, table := range []map[string]map[string][]any{tables.Methods, tables.Types} {
		for name, all := range table {
			official[key(name)] = map[string]bool{}
			for field, about := range all {
				official[key(name)][field] = about[1].(bool)
			}
		}
	}
	types, err := os.ReadFile("testdata/types.txt")
	if err != nil {
		t.Fatal(err)
	}
	for name, listed := range fields(apiText + string(types)) {
		if !maps.Equal(listed, official[name]) {
			t.Errorf("%s has the fields %v and not %v", name, slices.Sorted(maps.Keys(official[name])), slices.Sorted(maps.Keys(listed)))
		}
	}
}
