//go:build !linux

package sqlite

// yieldThread lets a thread that waits for this one's processor have it, on systems
// where that is worth a call of them.
func yieldThread() {}
