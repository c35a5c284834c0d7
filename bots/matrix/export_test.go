package matrix

// SetTimeline makes a sync give fewer events of a room than it does.
func (a *Adapter) SetTimeline(events int) { a.timeline = events }
