package sqlite

import "golang.org/x/sys/unix"

// yieldThread lets a thread that waits for this one's processor have it. When none
// does it takes a system call's time.
func yieldThread() { _, _, _ = unix.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
