//go:build !race

package propagators_test

const (
	slow  = 1
	noise = 0
)
