// Package transcript plays conversations that are written down: the lines of people
// go in, and what the bot says must be the lines below them. Transcripts are txtar
// files, one section a shape and language, such as "buttons.fr":
//
//	anna: /start
//	  bot: Bonjour !
//	       [Continuer] [Non merci]
//	anna: [Continuer]
//	anna@team: (adds the bot)
//	anna@team: /near Lyon
//	anna@team: (the group becomes forum)
//	anna: (location 45.76 4.83)
//	anna: (edits) 69002
//	ben: (is a supporter in Lyon)
//	ben: (is no longer a sponsor)
//	(the mail server is away)
//	ben: (an alert of 2 actions arrives)
//	ben: (goes to 7 actions)
//	(Collage de nuit is cancelled)
//	ben@team: (runs the group)
//	(Stand à la Croix-Rousse is announced)
//	(Stand à la Croix-Rousse moves to 15:00)
//	(Stand à la Croix-Rousse is for supporters alone)
//	(the jobs run)
//	(15 minutes pass)
//	(the job reminders runs)
//
// A line that is indented is the bot's own ("bot edits: …" replaces what it said), or a
// letter ("mail: …"); -update writes them anew. A person who "is a supporter" has signed
// up before, with 25 km around the place; they may then be "banned" or "no longer a
// sponsor". The actions that they "go to" are tours of a quarter of Lyon, three a day from
// tomorrow on. The mail server "is away", "refuses the address" or "asks to wait", until it
// "is back". A job of the scheduler "runs" once. "who@chat" speaks in a group, where somebody "adds", "promotes" or "removes the
// bot", somebody "runs the group" from then on, and it may go on under another name; nobody@chat is an anonymous
// administrator, and who begins with "@bot" speaks to it. {code} is the code of the last
// letter, {wrong} one that it is not, {invitation} what the last invitation says after
// /start.
package transcript

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Line is what a person does, or time that passes.
type Line struct {
	Who  string
	Chat string // "" is the private chat of Who
	Verb Verb
	Text string
	Lat  float64
	Lon  float64
	Pass time.Duration
}

// A Verb is what a line does.
type Verb string

const (
	Says   Verb = "says"
	Press  Verb = "presses" // a button, by its label
	Edits  Verb = "edits"
	Shares Verb = "shares" // a position
	Sends  Verb = "sends"  // a sticker, a voice message
	Is     Verb = "is"     // a supporter, in the place that Text names, if it names one
	Turns  Verb = "turns"  // banned, or no longer a sponsor: what Text says
	Mails  Verb = "mails"  // the mail server does what Text says
	Hears  Verb = "hears"  // an alert of as many actions as Text says, the earliest that there were
	Goes   Verb = "goes"   // to as many actions as Text says, which are made for it
	Falls  Verb = "falls"  // the action that Text names is cancelled
	Passes Verb = "passes" // time
	Runs   Verb = "runs"   // the group, from now on
	Works  Verb = "works"  // the jobs do, that the clock starts
	Opens  Verb = "opens"  // the action that Text names is new
	Shifts Verb = "shifts" // the action that Text names begins at another time of its day, Pass after midnight
	Shuts  Verb = "shuts"  // the action that Text names is for supporters alone
	Does   Verb = "does"   // the job that Text names
	Gives  Verb = "gives"  // the bot the standing in a group that Text names
	Moves  Verb = "moves"  // the group goes on as the one that Text names
)

var (
	passing  = regexp.MustCompile(`^\((\d+) (second|minute|hour|day)s? pass(?:es)?\)$`)
	location = regexp.MustCompile(`^\(location (-?[\d.]+) (-?[\d.]+)\)$`)
	being    = regexp.MustCompile(`^\(is a supporter(?: in (.+))?\)$`)
	turning  = regexp.MustCompile(`^\(is (banned|no longer a sponsor)\)$`)
	mailing  = regexp.MustCompile(`^\(the mail server (is away|is back|refuses the address|asks to wait)\)$`)
	hearing  = regexp.MustCompile(`^\(an alert of (\d+) actions? arrives\)$`)
	going    = regexp.MustCompile(`^\(goes to (\d+) actions?\)$`)
	opening  = regexp.MustCompile(`^\((.+) is announced\)$`)
	shifting = regexp.MustCompile(`^\((.+) moves to (\d\d):(\d\d)\)$`)
	shutting = regexp.MustCompile(`^\((.+) is for supporters alone\)$`)
	falling  = regexp.MustCompile(`^\((.+) is cancelled\)$`)
	running  = regexp.MustCompile(`^\(the job (\w+) runs\)$`)
	sending  = regexp.MustCompile(`^\((sticker|voice|photo|video|file)\)$`)
	giving   = regexp.MustCompile(`^\((adds|promotes|removes) the bot\)$`)
	moving   = regexp.MustCompile(`^\(the group becomes (\w+)\)$`)
	speaking = regexp.MustCompile(`^(\w+)(?:@(\w+))?: (.*)$`)
)

var units = map[string]time.Duration{
	"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour,
}

// Parse reads one line of a transcript. It fails if the line is none.
func Parse(s string) (Line, error) {
	if m := passing.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1])
		return Line{Verb: Passes, Pass: time.Duration(n) * units[m[2]]}, err
	}
	if m := mailing.FindStringSubmatch(s); m != nil {
		return Line{Verb: Mails, Text: m[1]}, nil
	}
	if m := running.FindStringSubmatch(s); m != nil {
		return Line{Verb: Does, Text: m[1]}, nil
	}
	if m := falling.FindStringSubmatch(s); m != nil {
		return Line{Verb: Falls, Text: m[1]}, nil
	}
	if l, ok := parseAction(s); ok {
		return l, nil
	}
	m := speaking.FindStringSubmatch(s)
	if m == nil {
		return Line{}, fmt.Errorf("transcript: no line: %q", s)
	}
	l := Line{Who: m[1], Chat: m[2], Verb: Says, Text: m[3]}
	switch {
	case strings.HasPrefix(l.Text, "(edits) "):
		l.Verb, l.Text = Edits, strings.TrimPrefix(l.Text, "(edits) ")
	case strings.HasPrefix(l.Text, "[") && strings.HasSuffix(l.Text, "]"):
		l.Verb, l.Text = Press, strings.Trim(l.Text, "[]")
	case location.MatchString(l.Text):
		p := location.FindStringSubmatch(l.Text)
		l.Verb = Shares
		l.Lat, _ = strconv.ParseFloat(p[1], 64)
		l.Lon, _ = strconv.ParseFloat(p[2], 64)
	case being.MatchString(l.Text):
		l.Verb, l.Text = Is, being.FindStringSubmatch(l.Text)[1]
	case turning.MatchString(l.Text):
		l.Verb, l.Text = Turns, turning.FindStringSubmatch(l.Text)[1]
	case hearing.MatchString(l.Text):
		l.Verb, l.Text = Hears, hearing.FindStringSubmatch(l.Text)[1]
	case going.MatchString(l.Text):
		l.Verb, l.Text = Goes, going.FindStringSubmatch(l.Text)[1]
	case l.Text == "(runs the group)":
		l.Verb, l.Text = Runs, ""
	case giving.MatchString(l.Text):
		l.Verb, l.Text = Gives, giving.FindStringSubmatch(l.Text)[1]
	case moving.MatchString(l.Text):
		l.Verb, l.Text = Moves, moving.FindStringSubmatch(l.Text)[1]
	case sending.MatchString(l.Text):
		l.Verb, l.Text = Sends, sending.FindStringSubmatch(l.Text)[1]
	}
	return l, nil
}

// parseAction reads what becomes of actions without anybody who speaks.
func parseAction(s string) (Line, bool) {
	if s == "(the jobs run)" {
		return Line{Verb: Works}, true
	}
	if m := opening.FindStringSubmatch(s); m != nil {
		return Line{Verb: Opens, Text: m[1]}, true
	}
	if m := shutting.FindStringSubmatch(s); m != nil {
		return Line{Verb: Shuts, Text: m[1]}, true
	}
	if m := shifting.FindStringSubmatch(s); m != nil {
		hours, _ := strconv.Atoi(m[2])
		minutes, _ := strconv.Atoi(m[3])
		return Line{Verb: Shifts, Text: m[1], Pass: time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute}, true
	}
	return Line{}, false
}

// A Stage is where a transcript is played: an engine, a platform, a mail server.
type Stage interface {
	// Do lets a person do what the line says, and returns once all is still.
	Do(l Line) error

	// Shown returns what was shown since the last call, each "who: text" with the
	// lines of the text, in the order in which it was shown.
	Shown() []string
}

// Play returns the transcript with the bot's lines as they are on stage. Blank lines
// and comments ("# …") stay.
func Play(stage Stage, text string) (string, error) {
	var out strings.Builder
	for raw := range strings.Lines(text) {
		s := strings.TrimSuffix(raw, "\n")
		switch {
		case strings.HasPrefix(s, " "):
			continue
		case s == "" || strings.HasPrefix(s, "#"):
			out.WriteString(raw)
			continue
		}
		l, err := Parse(s)
		if err != nil {
			return "", err
		}
		out.WriteString(s + "\n")
		if err := stage.Do(l); err != nil {
			return "", fmt.Errorf("%s: %w", s, err)
		}
		for _, shown := range stage.Shown() {
			out.WriteString(indent(shown))
		}
	}
	return out.String(), nil
}

// indent sets what was shown below the line that caused it.
func indent(shown string) string {
	who, text, _ := strings.Cut(shown, ": ")
	pad := strings.Repeat(" ", len(who)+4)
	lines := strings.Split(text, "\n")
	for i := range lines[1:] {
		if lines[i+1] != "" {
			lines[i+1] = pad + lines[i+1]
		} else {
			lines[i+1] = strings.TrimRight(pad, " ") + " ."
		}
	}
	return "  " + who + ": " + strings.Join(lines, "\n") + "\n"
}
