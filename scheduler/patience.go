package scheduler

import "time"

// fewWaits is how often a limit is asked at its own pace whether it has a slot: long
// enough for that of any chat.
const fewWaits = 100

// A patience counts the passes in a row that a limit left without anything to send.
type patience struct{ passes int }

// wait returns how long to wait for a limit that gives a slot every so often. Who has
// waited for long has been told to: a platform may ask for hours.
func (p *patience) wait(every time.Duration) time.Duration {
	if p.passes++; p.passes > fewWaits {
		return max(every, DefaultEvery)
	}
	return every
}

// end says that there was something to send.
func (p *patience) end() { p.passes = 0 }
