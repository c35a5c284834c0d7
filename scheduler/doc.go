// Package scheduler does what time drives: the Dispatcher sends what is due, within
// the limits of the platforms, and Jobs run when their cron lines say. It decides
// when; what is said is core's to decide, and how it is stored is storage's.
package scheduler
