//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package export

import (
	"errors"
	"os"
)

// lockFile fails: without locks two processes would send the same spans.
func lockFile(string) (*os.File, error) {
	return nil, errors.New("a spool needs locks that end with their process, which this system does not have")
}
