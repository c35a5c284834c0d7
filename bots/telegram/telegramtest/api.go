package telegramtest

import (
	_ "embed"
	"strings"
)

// apiText lists the methods and types of the Bot API that this package knows.
//
//go:embed api.txt
var apiText string

// fields returns, by the name of each method and type of text, its fields, and
// whether each is required. Names of methods are in lower case.
func fields(text string) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for line := range strings.Lines(text) {
		name, rest, found := strings.Cut(strings.TrimSpace(line), ":")
		if !found || strings.HasPrefix(name, "#") {
			continue
		}
		known := map[string]bool{}
		for field := range strings.FieldsSeq(rest) {
			bare, required := strings.CutSuffix(field, "!")
			known[bare] = required
		}
		all[key(name)] = known
	}
	return all
}

// key returns the name of a method in lower case and that of a type as it is.
func key(name string) string {
	if name[0] >= 'a' && name[0] <= 'z' {
		return strings.ToLower(name)
	}
	return name
}

// api is the parsed apiText; it never changes.
var api = fields(apiText)

// nested says of which type the objects in a field are, for the fields whose names
// are checked as those of the methods are.
var nested = map[string]string{
	"reply_parameters": "ReplyParameters", "link_preview_options": "LinkPreviewOptions",
	"entities": "MessageEntity", "caption_entities": "MessageEntity", "commands": "BotCommand",
	"inline_keyboard": "InlineKeyboardButton", "keyboard": "KeyboardButton",
	"web_app": "WebAppInfo", "copy_text": "CopyTextButton", "login_url": "LoginUrl",
}

// unknown returns the paths of all fields in value that type kind does not have.
func unknown(kind, path string, value any) []string {
	var odd []string
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			odd = append(odd, unknown(kind, path, element)...)
		}
	case map[string]any:
		for name, inner := range v {
			if _, known := api[kind][name]; !known {
				odd = append(odd, path+"."+name)
			} else if next := nested[name]; next != "" {
				odd = append(odd, unknown(next, path+"."+name, inner)...)
			}
		}
	}
	return odd
}

// markupType tells the four kinds of reply_markup apart by the field only one has.
func markupType(markup map[string]any) string {
	for field, kind := range map[string]string{
		"inline_keyboard": "InlineKeyboardMarkup", "keyboard": "ReplyKeyboardMarkup",
		"remove_keyboard": "ReplyKeyboardRemove", "force_reply": "ForceReply",
	} {
		if _, has := markup[field]; has {
			return kind
		}
	}
	return "ReplyKeyboardMarkup"
}
