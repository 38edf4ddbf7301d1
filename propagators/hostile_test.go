package propagators_test

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/clewhq/clew/propagators"
)

// A message of a megabyte, however it is divided into headers.
func TestAHostileCarrierIsQuickAndCheap(t *testing.T) {
	const size = 1 << 20
	spelled := func(name string, i int) string { // in one of many ways
		out := []byte(name)
		for k := range out {
			if i&(1<<k) != 0 {
				out[k] -= 'a' - 'A'
			}
		}
		return string(out)
	}
	spread := func(entry int, add func(i int)) {
		for i := range size / entry {
			add(i)
		}
	}
	carriers := map[string]propagation.TextMapCarrier{}
	var small, same, ways propagators.KeyValues
	spread(6, func(i int) { small = append(small, propagators.KeyValue{Key: fmt.Sprintf("%x", i)}) })
	spread(16, func(int) { same = append(same, propagators.KeyValue{Key: "traceparent", Value: []byte("0")}) })
	spread(16, func(i int) {
		ways = append(ways, propagators.KeyValue{Key: spelled("traceparent", i), Value: []byte("0")})
	})
	carriers["key values of small headers"], carriers["key values of one name"], carriers["key values spelled in many ways"] = &small, &same, &ways
	var names, variables, baggage propagators.Env
	spread(6, func(i int) { names = append(names, fmt.Sprintf("%X=", i)) })
	spread(16, func(int) { variables = append(variables, "TRACEPARENT=0") })
	spread(16, func(i int) { baggage = append(baggage, fmt.Sprintf("UBERCTX_%X=0", i)) })
	carriers["an environment of small variables"], carriers["an environment of one variable"], carriers["an environment of baggage"] = &names, &variables, &baggage
	anySmall, anyWays, event := propagators.Any{}, propagators.Any{}, propagators.CloudEvent{}
	m, multi, header := propagators.Map{}, propagators.Multi{}, propagators.Header{}
	spread(12, func(i int) { // as JSON, with quotes, colon and comma
		name := fmt.Sprintf("%x", i)
		anySmall[name], event[name], m[name], multi[name], header[name] = "", "", "", nil, nil
	})
	spread(16, func(i int) { anyWays[spelled("traceparent", i&0x7ff)] = "0" })
	carriers["values of any type"], carriers["values of any type, spelled in many ways"], carriers["a CloudEvent"] = anySmall, anyWays, event
	carriers["a map"], carriers["a map of lists"], carriers["headers"] = m, multi, header
	var values []string
	spread(4, func(int) { values = append(values, "a=1") })
	for _, name := range []string{"traceparent", "tracestate", "b3", "uber-trace-id", "baggage", "x-laminar-span-context", "mirascope-session-id"} {
		carriers["many values of "+name] = propagators.Multi{"traceparent": {traceparent}, name: values}
	}
	for name, c := range carriers {
		t.Run(name, func(t *testing.T) {
			isCheap(t, func() { propagators.All().Extract(context.Background(), c) })
		})
	}
	for name, text := range map[string]string{
		"a traceparent": traceparent + strings.Repeat("0", size), "braces": strings.Repeat("{", size), "a context": strings.TrimSuffix(minimal, "}") + strings.Repeat(" ", size) + "}",
		"base64": strings.Repeat("eyJ0", size/4), "percent": strings.Repeat("%7B", size/3), "colons": strings.Repeat("1:", size/2), "dashes": strings.Repeat("-", size), "spaces": strings.Repeat(" ", size),
	} {
		t.Run("a text of "+name, func(t *testing.T) {
			isCheap(t, func() { propagators.All().Continue(context.Background(), text, propagators.Trust{}) })
		})
		t.Run("a signed text of "+name, func(t *testing.T) {
			isCheap(t, func() {
				propagators.All().Continue(context.Background(), text, propagators.Trust{Keys: [][]byte{[]byte("one"), []byte("two")}})
			})
		})
	}
}

// isCheap fails unless read takes less than ten milliseconds and little memory.
func isCheap(t *testing.T, read func()) {
	t.Helper()
	best, bytes := time.Hour, uint64(math.MaxUint64)
	for try := 0; try < 5 || try < 50 && best > slow*10*time.Millisecond; try++ { // the least disturbed of them counts
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		read()
		best = min(best, time.Since(start))
		runtime.ReadMemStats(&after)
		bytes = min(bytes, after.TotalAlloc-before.TotalAlloc)
	}
	t.Logf("%v, %d bytes", best, bytes)
	if bytes > 4*propagators.MaxText {
		t.Errorf("allocates %d bytes", bytes)
	}
	if best > slow*10*time.Millisecond {
		t.Errorf("takes %v", best)
	}
}
