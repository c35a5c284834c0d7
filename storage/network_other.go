//go:build !linux

package storage

// refuseNetwork lets every folder pass: only Linux says what it is on.
func refuseNetwork(string) error { return nil }
