//go:build race

package propagators_test

const (
	slow  = 40 // how many times longer everything may take under the race detector
	noise = 1  // how many allocations more there may be, because it makes sync.Pool forget
)
