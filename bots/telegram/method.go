package telegram

import (
	"encoding/json"
	"strconv"
)

// A method is one of the Bot API.
type method string

// The methods that this package calls; a test holds their parameters against the field
// tables of the Bot API.
const (
	getMe               method = "getMe"
	getUpdates          method = "getUpdates"
	setWebhook          method = "setWebhook"
	deleteWebhook       method = "deleteWebhook"
	getWebhookInfo      method = "getWebhookInfo"
	sendMessage         method = "sendMessage"
	sendLocation        method = "sendLocation"
	sendVenue           method = "sendVenue"
	sendPhoto           method = "sendPhoto"
	sendDocument        method = "sendDocument"
	editMessageText     method = "editMessageText"
	deleteMessage       method = "deleteMessage"
	answerCallbackQuery method = "answerCallbackQuery"
	setMyCommands       method = "setMyCommands"
	getMyCommands       method = "getMyCommands"
	setMyDescription    method = "setMyDescription"
	getMyDescription    method = "getMyDescription"
	setShortDescription method = "setMyShortDescription"
	getShortDescription method = "getMyShortDescription"
	getChatAdmins       method = "getChatAdministrators"
	getChatMenuButton   method = "getChatMenuButton"
	setChatMenuButton   method = "setChatMenuButton"
)

// params are the parameters of a call, as they go over the wire. Each is there because
// it was put there: 0, false and "" are values like others.
type params map[string]string

func (p params) text(name, v string)      { p[name] = v }
func (p params) int(name string, v int64) { p[name] = strconv.FormatInt(v, 10) }
func (p params) bool(name string, v bool) { p[name] = strconv.FormatBool(v) }
func (p params) float(name string, v float64) {
	p[name] = strconv.FormatFloat(v, 'f', -1, 64)
}

// json puts v, which has a JSON form.
func (p params) json(name string, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		return // of strings, numbers and structs of them there is always one
	}
	p[name] = string(b)
}
