package telegramtest

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// A webhook is where a bot's updates go.
type webhook struct {
	generation int
	url        string
	secret     string
	ip         string
	most       int // connections
	flying     int
	lastError  string
	lastDate   time.Time
	goneSince  time.Time // the first of an unbroken row of 410s
	alarm      func()    // cancels the next attempt
}

func setWebhook(c *call) answer {
	b, s := c.bot, c.server
	target := c.params["url"]
	if target == "" {
		return deleteWebhook(c)
	}
	now := s.clock.time()
	if now.Before(b.hookSet) {
		return refuse(tooMany(time.Second))
	}
	b.hookSet = now.Add(time.Second)
	next := &webhook{
		url: target, secret: c.params["secret_token"], ip: c.params["ip_address"],
		most: c.within("max_connections", 40, 1, 100),
	}
	drop := c.flag("drop_pending_updates")
	if h := b.hook; h != nil && !drop && h.url == next.url && h.secret == next.secret && h.most == next.most && h.ip == next.ip {
		b.setAllowed(c)
		return answer{result: true, description: "Webhook is already set"}
	}
	b.endPoll(conflict("terminated by setWebhook request"))
	b.unhook()
	if drop {
		b.queue = nil
	}
	if refused := s.checkWebhook(next); refused != nil {
		return refuse(refused)
	}
	b.setAllowed(c)
	b.hooks++
	next.generation = b.hooks
	b.hook = next
	b.pump()
	s.wake()
	return answer{result: true, description: "Webhook was set"}
}

func deleteWebhook(c *call) answer {
	b := c.bot
	was := b.hook != nil
	b.unhook()
	if c.flag("drop_pending_updates") {
		b.queue = nil
	}
	if was {
		return answer{result: true, description: "Webhook was deleted"}
	}
	return answer{result: true, description: "Webhook is already deleted"}
}

// unhook ends the webhook. What it is just delivering is as if it had never begun.
func (b *Bot) unhook() {
	if b.hook == nil {
		return
	}
	if b.hook.alarm != nil {
		b.hook.alarm()
	}
	b.hook = nil
	for _, u := range b.queue {
		u.flying, u.fails, u.wake = false, 0, time.Time{}
	}
}

var secretLetters = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

// checkWebhook refuses an address or a secret that the real server refuses.
func (s *Server) checkWebhook(h *webhook) *refusal {
	u, err := url.Parse(h.url)
	switch {
	case err != nil || u.Host == "":
		return bad("invalid webhook URL specified")
	case len(h.secret) > 256:
		return bad("secret token is too long")
	case !secretLetters.MatchString(h.secret):
		return bad("secret token contains unallowed characters")
	}
	address := net.ParseIP(u.Hostname())
	if s.options.LoopbackWebhooks && (u.Hostname() == "localhost" || address.IsLoopback()) {
		return nil
	}
	switch {
	case u.Scheme != "https":
		return bad("bad webhook: An HTTPS URL must be provided for webhook")
	case u.Port() != "" && !slices.Contains([]string{"80", "88", "443", "8443"}, u.Port()):
		return bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
	case address != nil && address.To4() == nil:
		return bad("bad webhook: IPv6-only addresses are not allowed")
	case address != nil && (address.IsLoopback() || address.IsPrivate()):
		return bad("bad webhook: IP address %s is reserved", address)
	}
	return nil
}

func getWebhookInfo(c *call) answer {
	b := c.bot
	b.expire()
	info := object{"url": "", "has_custom_certificate": false, "pending_update_count": len(b.queue)}
	if h := b.hook; h != nil {
		info["url"], info["max_connections"] = h.url, h.most
		set(info, "ip_address", h.ip)
		if h.lastError != "" {
			info["last_error_date"], info["last_error_message"] = h.lastDate.Unix(), h.lastError
		}
	}
	if b.allowed != nil {
		info["allowed_updates"] = b.allowed
	}
	return yes(info)
}
