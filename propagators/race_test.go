//go:build race

package propagators_test

// slow is how many times longer everything may take under the race detector.
const slow = 20
