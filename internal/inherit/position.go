package inherit

import (
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"
)

// MaxPath is the longest path a span carries. A deeper span keeps the root and the nearest ancestors, so that the
// attributes of a runaway recursion stay bounded.
const MaxPath = 256

// Position is where a span stands in its trace. Once it is set it is not changed but by Say, and never copied.
type Position struct {
	Trace  trace.TraceID
	Span   trace.SpanID
	Remote bool // Span belongs to another process

	depth int32 // how many links there are above
	name  string
	above *Position             // nil if nothing is known beyond Span, or the paths are from the beginning
	known atomic.Pointer[paths] // once somebody has asked for the paths of a child
	late  atomic.Pointer[late]  // what was said of the span after it had started
}

// Nowhere is where a root's parent stands.
var Nowhere = &Position{}

// paths lead from the root to a span: the names, and the ids in UUID form.
type paths struct{ names, ids []string }

// at is the position of a span of which only its paths are known, if those.
func at(sc trace.SpanContext, names, ids []string) *Position {
	p := new(Position)
	if len(names) > 0 || len(ids) > 0 {
		return p.place(sc, new(paths), names, ids)
	}
	p.Trace, p.Span, p.Remote = sc.TraceID(), sc.SpanID(), sc.IsRemote()
	return p
}

// place sets a new p, and keeps the paths in room. Without ids, its own is all of the ids path.
func (p *Position) place(sc trace.SpanContext, room *paths, names, ids []string) *Position {
	p.Trace, p.Span, p.Remote = sc.TraceID(), sc.SpanID(), sc.IsRemote()
	if len(ids) == 0 {
		ids = []string{SpanUUID(p.Span)}
	}
	*room = paths{names, ids}
	p.known.Store(room)
	return p
}

// Of reports whether p is the position of sc.
func (p *Position) Of(sc trace.SpanContext) bool {
	return p.Span.IsValid() && p.Span == sc.SpanID() && p.Trace == sc.TraceID()
}

// Below sets a new p to that of the span sc, called name, whose parent is at above.
func (p *Position) Below(above *Position, sc trace.SpanContext, name string) {
	p.Trace, p.Span, p.name = sc.TraceID(), sc.SpanID(), name
	if !above.Span.IsValid() {
		above = Nowhere
	}
	if above.depth >= MaxPath { // so that a chain without end does not keep all of its links in memory
		p.above = &Position{Trace: above.Trace, Span: above.Span}
		p.above.known.Store(above.lead())
		return
	}
	p.above, p.depth = above, above.depth+1
}

// Paths returns the names and the ids, in UUID form, from the root to p's span. They are to be read only.
func (p *Position) Paths() (names, ids []string) {
	if k := p.known.Load(); k != nil {
		return k.names, k.ids
	}
	switch {
	case p.above != nil:
	case p.Span.IsValid():
		return nil, []string{SpanUUID(p.Span)}
	default:
		return nil, nil
	}
	up := p.above.lead()
	n := extended(up.names)
	both := extend(make([]string, 0, n+extended(up.ids)), up.names, p.name) // one piece of memory for both paths
	return both[:n:n], extend(both[n:], up.ids, SpanUUID(p.Span))
}

// Name is the name of p's span; known is false where only the ids path has an element for it.
func (p *Position) Name() (name string, known bool) { return p.name, p.above != nil }

// Chain is Paths without a list being made: names and ids lead to where the links go on, from the top down, of which each has
// an id and may have a name. It is not ok if room has no capacity for the links, or Paths would be shortened.
func (p *Position) Chain(room []*Position) (names, ids []string, links []*Position, ok bool) {
	for at := p; at != nil; at = at.above {
		if k := at.known.Load(); k != nil {
			names, ids = k.names, k.ids
			break
		}
		if at.above == nil && !at.Span.IsValid() {
			break
		}
		if len(room) == cap(room) {
			return nil, nil, nil, false
		}
		room = append(room, at)
	}
	slices.Reverse(room)
	return names, ids, room, max(len(names), len(ids))+len(room) <= MaxPath
}

// lead is Paths for a span that has children, which is likely to be asked again.
func (p *Position) lead() *paths {
	var asked []*Position // a loop, because a chain is long where a program recurses
	for at := p; at != nil && at.known.Load() == nil; at = at.above {
		asked = append(asked, at)
	}
	for i := len(asked) - 1; i >= 0; i-- {
		names, ids := asked[i].Paths()
		asked[i].known.Store(&paths{names, ids})
	}
	return p.known.Load()
}

// Extend returns path with one more element, in memory of its own.
func Extend(path []string, elem string) []string {
	return extend(make([]string, 0, extended(path)), path, elem)
}

// extended is the length of path with one more element.
func extended(path []string) int { return min(len(path)+1, MaxPath) }

func extend(out, path []string, elem string) []string {
	if len(path) >= MaxPath {
		out = append(out, path[0])
		path = path[len(path)-(MaxPath-2):]
	}
	return append(append(out, path...), elem)
}
