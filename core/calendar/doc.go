// Package calendar writes the iCalendar files (RFC 5545) that a person gets for an
// action and for their agenda. What others write is read by package intake.
package calendar
