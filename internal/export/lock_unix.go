//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package export

import (
	"os"
	"syscall"
)

// lockFile opens a file that nobody else has, until it is closed or its process ends.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
