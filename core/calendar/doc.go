// Package calendar writes the iCalendar file (RFC 5545) that a person gets for an
// action. What others write is read by package intake.
package calendar
