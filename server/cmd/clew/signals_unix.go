//go:build unix

package main

import (
	"os"
	"syscall"
)

// keyboardSignals are those that a terminal's keys send, and otherSignals those that only other processes send.
var (
	keyboardSignals = []os.Signal{syscall.SIGINT, syscall.SIGQUIT}
	otherSignals    = []os.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2}
)
