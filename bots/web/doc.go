// Package web is the HTTP face of the program. It listens, keeps off who is slow or
// greedy, and answers what it was given a handler for; all else is not found, and no
// page lists what there is.
//
// It speaks HTTP in clear, for a proxy on the same machine that speaks TLS to the world.
package web
