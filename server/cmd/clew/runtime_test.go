package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

var garbage []byte

// collections counts the garbage collections while 400 MB are allocated.
func collections() uint32 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 400 {
		garbage = make([]byte, 1<<20)
		runtime.Gosched()
	}
	runtime.ReadMemStats(&after)
	return after.NumGC - before.NumGC
}

func TestASmallHeapIsCollectedRarely(t *testing.T) {
	before := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	kept := make([]byte, 12<<20) // as a server does; a heap of less is not given the whole room
	defer runtime.KeepAlive(kept)
	adaptTo(new(collection))
	for range 3 { // it learns at a collection, a little after
		runtime.GC()
		_ = collections()
	}
	if got := collections(); got > 2*400<<20/heapRoom { // it would be up to 30
		t.Errorf("%d collections while 400 MB are allocated", got)
	}
}
