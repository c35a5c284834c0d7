package telegramtest

import "strings"

// A method serves a call, with mu held.
type method func(*call) answer

// methods returns those that are served, by their names in lower case.
func methods() map[string]method {
	return map[string]method{
		"getme": getMe, "logout": logOut, "close": closeBot,
		"getupdates": getUpdates, "setwebhook": setWebhook, "deletewebhook": deleteWebhook, "getwebhookinfo": getWebhookInfo,
		"sendmessage": sendMessage, "sendphoto": sendPhoto, "senddocument": sendDocument,
		"sendlocation": sendLocation, "sendvenue": sendVenue, "sendchataction": sendChatAction,
		"editmessagetext": editMessageText, "editmessagecaption": editMessageCaption, "editmessagereplymarkup": editMessageReplyMarkup,
		"deletemessage": deleteMessage, "deletemessages": deleteMessages, "answercallbackquery": answerCallbackQuery,
		"setmycommands": setMyCommands, "getmycommands": getMyCommands, "deletemycommands": deleteMyCommands,
		"setmyname": setMyName, "getmyname": getMyName,
		"setmydescription": setMyDescription, "getmydescription": getMyDescription,
		"setmyshortdescription": setMyShortDescription, "getmyshortdescription": getMyShortDescription,
		"setchatmenubutton": setChatMenuButton, "getchatmenubutton": getChatMenuButton,
		"getchat": getChat, "getchatmember": getChatMember, "getchatmembercount": getChatMemberCount,
		"getchatadministrators": getChatAdministrators, "leavechat": leaveChat, "getfile": getFile,
	}
}

// spelling returns a method's name as the Bot API writes it, or as it came.
func spelling(name string) string {
	for line := range strings.Lines(apiText) {
		known, _, _ := strings.Cut(line, ":")
		if strings.EqualFold(known, name) {
			return known
		}
	}
	return name
}

func getMe(c *call) answer {
	me := c.bot.person.object()
	me["can_join_groups"], me["can_read_all_group_messages"] = true, c.bot.readAll
	me["supports_inline_queries"], me["can_connect_to_business"], me["has_main_web_app"] = false, false, false
	return yes(me)
}

func logOut(c *call) answer {
	c.bot.loggedOut = true
	c.bot.endPoll(&refusal{code: 400, text: "Logged out"})
	return yes(true)
}

// closeBot is close: not within ten minutes of the server's start.
func closeBot(c *call) answer {
	if wait := c.server.began.Add(tenMinutes).Sub(c.server.clock.time()); wait > 0 {
		return refuse(tooMany(wait))
	}
	return yes(true)
}
