//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// keyboardSignals are those that a terminal's keys send, and otherSignals those that only other processes send.
var (
	keyboardSignals = []os.Signal{syscall.SIGINT, syscall.SIGQUIT}
	otherSignals    = []os.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2}
)

// limitsAreErrors makes a file that may not grow (ulimit -f) an error of the
// write, as a full disk is, instead of the end of the program.
func limitsAreErrors() { signal.Ignore(syscall.SIGXFSZ) }

// ownCPU is the processor time that this process has used.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
