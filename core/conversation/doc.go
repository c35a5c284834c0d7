// Package conversation is the only place where a turn happens: a Bot takes an
// update, finds the flow that it is for, lets one step of it answer, and stores what
// changed together with what is to be said. Flows are tables; they live in
// core/flows and know neither a platform nor a database.
package conversation
