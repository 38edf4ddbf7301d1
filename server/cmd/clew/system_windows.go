package main

import (
	"os"
	"time"
)

// Windows sends Ctrl-C to every process of a console, and knows no other signal between processes.
var (
	keyboardSignals = []os.Signal{os.Interrupt}
	otherSignals    []os.Signal
)

func limitsAreErrors() {}

func ownCPU() time.Duration { return 0 }
