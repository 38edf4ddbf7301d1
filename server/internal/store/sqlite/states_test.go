package sqlite

import (
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/trace"
)

func TestStatesOfSmallQuietTracesAreForgotten(t *testing.T) {
	ss := newStates()
	put := func(id byte, spans int) *state {
		st := newState(trace.TraceID{id}, int64(id))
		for i := range spans {
			st.ids[trace.SpanID{byte(i), byte(i >> 8)}] = place{}
		}
		ss.put([]*state{st})
		return st
	}
	small, large, late := put(1, 3), put(2, maxReread+1), put(3, 3)
	now := time.Now()
	small.written, large.written, late.written = now.Add(-time.Hour), now.Add(-time.Hour), now
	ss.dropQuiet(now.Add(-time.Minute))
	for _, c := range []struct {
		name string
		st   *state
		kept bool
	}{{"small and quiet", small, false}, {"large and quiet", large, true}, {"small and written just now", late, true}} {
		if kept := ss.get(c.st.id) != nil; kept != c.kept {
			t.Errorf("%s: kept: %v", c.name, kept)
		}
	}
}
