//go:build race

package clewhttp_test

// few is how many allocations more there may be, because the race detector makes sync.Pool forget and inlines less.
const few = 4
