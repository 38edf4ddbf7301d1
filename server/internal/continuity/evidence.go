package continuity

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/clewhq/clew/server/internal/trace"
)

// Questions is what [Find] wants to know beyond the spans of a trace. None of
// them must be answered: what is not known is not claimed. But where Services
// is answered at all, it is answered for all names.
type Questions struct {
	Trace trace.TraceID

	// Services are names; wanted is when each of them sent spans, if ever.
	Services []string

	// LowSixtyFour asks for the other traces whose ids have the same low 64 bits.
	LowSixtyFour bool

	// Hints asks for spans of other traces by hint, each in its own window.
	Hints []HintQuestion
}

// HintQuestion asks for the spans of other traces that have one of Hints (see
// [trace.Hints]) and started in [From, To], oldest first, at most Limit.
type HintQuestion struct {
	Hints    []string
	From, To trace.Time
	Limit    int
}

// Evidence is what is known of the [Questions].
type Evidence struct {
	Services []Service       // those that ever sent a span
	Sharing  []trace.TraceID // other traces with the same low 64 bits
	Hinted   []Hinted        // in any order; a span may come once a hint, and more than once
}

// Service is what the store knows of one service.
type Service struct {
	Name        string
	First, Last trace.Time // starts of its earliest and latest span
	SpanCount   int
}

// Hinted is a span of another trace that was found by a hint. A whole span is
// better than an outline: its links tell a trace that was restarted on purpose
// from one that was torn.
type Hinted struct {
	Hint string
	Span *trace.Span
}

// Bounds of what is asked.
const (
	hintLimit     = 200 // spans a question
	maxHints      = 64  // identities a trace is asked about
	maxCalls      = 32  // windows of calls
	maxNames      = 64  // services
	maxOthers     = 20  // traces that one identity can join
	clockSkew     = trace.Time(2e9)
	callLatency   = trace.Time(60e9) // from the start of a client span to that of its server span, at most
	distantPast   = trace.Time(0)
	distantFuture = trace.Time(1<<63 - 1)
)

// Ask returns what Find wants to know about a trace. The answer is bounded
// however large the trace is: of many possible hand-overs the earliest are
// asked about.
func Ask(spans []*trace.Span) Questions {
	if len(spans) == 0 {
		return Questions{}
	}
	v := newView(spans, Evidence{})
	q := Questions{Trace: v.id, LowSixtyFour: v.id.Low64() != 0}

	names := map[string]bool{}
	for _, s := range v.spans {
		if len(names) < maxNames {
			names[s.Service] = true
		}
		if caller := s.Attributes.Text("peer.service"); caller != "" && len(names) < maxNames && v.orphan(s) {
			names[caller] = true
		}
	}
	q.Services = slices.Sorted(maps.Keys(names))

	var identities []string
	asked := map[string]bool{}
	calls := map[string][]window{}
	count := 0
	for _, s := range v.spans {
		for _, hint := range trace.Hints(s) {
			switch {
			case !isCall(hint):
				if !asked[hint] && len(identities) < maxHints {
					asked[hint] = true
					identities = append(identities, hint)
				}
			case count < maxCalls && (v.freeClient(s) || freeServer(s)):
				before, n := len(calls[hint]), window{}
				n.from, n.to = callWindow(s)
				calls[hint] = addWindow(calls[hint], n)
				count += len(calls[hint]) - before
			}
		}
	}
	for _, hint := range identities {
		q.Hints = append(q.Hints, HintQuestion{[]string{hint}, distantPast, distantFuture, hintLimit})
	}
	for _, hint := range slices.Sorted(maps.Keys(calls)) {
		for _, w := range calls[hint] {
			q.Hints = append(q.Hints, HintQuestion{[]string{hint}, w.from, w.to, hintLimit})
		}
	}
	return q
}

// isCall reports whether the hint names a kind of call, which many calls share,
// and not one unit of work.
func isCall(hint string) bool {
	return strings.HasPrefix(hint, "http=") || strings.HasPrefix(hint, "rpc=")
}

// window is a stretch of time, both ends included.
type window struct{ from, to trace.Time }

// addWindow adds w, whose from is not before that of any in ws, and joins it
// with the last one where they overlap.
func addWindow(ws []window, w window) []window {
	if n := len(ws); n > 0 && w.from <= ws[n-1].to {
		ws[n-1].from = min(ws[n-1].from, w.from)
		ws[n-1].to = max(ws[n-1].to, w.to)
		return ws
	}
	return append(ws, w)
}

// callWindow returns when the other side of a call, and its competitors, may
// have started.
func callWindow(s *trace.Span) (from, to trace.Time) {
	end := cmp.Or(s.End, s.Start)
	if s.Kind == trace.KindServer {
		end = s.Start
	}
	return satAdd(s.Start, -callLatency-clockSkew), satAdd(end, clockSkew)
}

// satAdd adds without overflow, and without going below 0.
func satAdd(t, d trace.Time) trace.Time {
	sum := t + d
	if d > 0 && sum < t {
		return distantFuture
	}
	return max(0, sum)
}
