//go:build !race

package clewhttp_test

// few is how many allocations a pool may add that the garbage collector has emptied.
const few = 1
