package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// tuneRuntime fits Go's runtime to a server that answers while it takes spans in.
// What GOMAXPROCS and GOGC say comes first.
func tuneRuntime() {
	if os.Getenv("GOMAXPROCS") == "" {
		// When every thread that Go may run is busy, nothing looks for a request for
		// some 10 ms. Ingest works on all processors and upkeep is one thread: with
		// two more than there are processors one is left, and the operating system,
		// which shares the processors out, lets a thread that has waited run at once.
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2)
	}
	if os.Getenv("GOGC") == "" {
		adaptTo(new(collection))
	}
}

// heapRoom is how much a server may allocate from one garbage collection to the
// next, however little of it is in use. Go lets a heap double, and what a server
// keeps is some 10 MB while an answer takes some: a collection every few queries,
// and the queries that one meets are the slow ones. A heap that is larger than
// the room doubles as ever.
const heapRoom = 96 << 20

// collection is unreachable, so that the next garbage collection finds it.
type collection struct {
	percent int64
	_       int64 // smaller things may share their memory, and then nobody learns of their end
}

// adaptTo gives the heap its room after the next garbage collection, and after each.
func adaptTo(last *collection) {
	runtime.SetFinalizer(last, func(last *collection) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		now := &collection{percent: 100}
		if n := live[0].Value.Uint64(); n > 0 && n < heapRoom {
			now.percent = min(100*heapRoom/int64(n), 1000)
		}
		if change := now.percent - last.percent; change > last.percent/10 || change < -last.percent/10 {
			debug.SetGCPercent(int(now.percent))
		} else {
			now.percent = last.percent
		}
		adaptTo(now)
	})
}
