package core

// Reminding says which reminder of an action one is.
type Reminding int

const (
	FirstReminder Reminding = 1 // the day before, unless the person chose another lead
	LastReminder  Reminding = 2 // some hours before
)
