// Package bench compares the SDK with its rivals, both in one run, because a figure from another machine or another
// minute compares nothing:
//
//	cd bench && GOWORK=off go test -run '^$' -bench . -benchmem -count 6
//
// It is a module of its own so that the rivals are no dependencies of the SDK.
package bench
