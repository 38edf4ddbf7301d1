// Package inherit holds what a span hands down to the spans started under it: session, user, metadata, its place in
// the tree (path and ids path), and the notes of the last extraction.
//
// It lives in the context as one immutable value, so there is no map from span to path, no lock, and nothing to clean
// up when a span ends. A span of a foreign instrumentation has no such value of its own; its attributes tell the same.
package inherit

import (
	"context"
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// MaxPath is the longest path a span carries. A deeper span keeps the root and the nearest ancestors, so that the
// attributes of a runaway recursion stay bounded.
const MaxPath = 256

// State is what children inherit. A State reachable from a context is never changed, except by the one call that is
// starting a span with it (see Starting).
type State struct {
	Session      string
	SessionAttrs []attribute.KeyValue // set with the session, stamped on its spans, never sent to another process
	User         string
	Metadata     []attribute.KeyValue // keys without the association prefix, in order of first setting
	TraceType    string
	Level        string // tracing level as received; "" means all

	Position   Position
	TraceState TraceState
	Sampling   Sampling
	Notes      *Notes
	Format     string // of the context last received, by its name in the table of formats
	Policy     string // how it was treated; "" is the default

	// Span is the hand-made span that this state was created for, or nil. Its type belongs to the root package.
	Span any

	// Starting is what the root package knows of the span that is being started with this state, nil at any other time.
	// While it is set, Position is still the parent's, and whoever stamps the span replaces it.
	Starting any
}

// Position is where a span stands in its trace.
type Position struct {
	Trace  trace.TraceID
	Span   trace.SpanID
	Path   []string // names from the root to Span
	IDs    []string // ids from the root to Span, in UUID form
	Remote bool     // Span belongs to another process
}

// Of reports whether p is the position of sc.
func (p Position) Of(sc trace.SpanContext) bool {
	return p.Span.IsValid() && p.Span == sc.SpanID() && p.Trace == sc.TraceID()
}

// Below is the position of the span sc, called name, whose parent is at p.
func (p Position) Below(sc trace.SpanContext, name string) Position {
	n := extended(p.Path)
	both := extend(make([]string, 0, n+extended(p.IDs)), p.Path, name) // one piece of memory for both paths
	return Position{
		Trace: sc.TraceID(), Span: sc.SpanID(),
		Path: both[:n:n], IDs: extend(both[n:], p.IDs, SpanUUID(sc.SpanID())),
	}
}

// TraceState is a received W3C tracestate, byte for byte, because OpenTelemetry's type refuses some level-2 keys.
type TraceState struct {
	Trace trace.TraceID // the trace it belongs to
	Raw   string
}

// Notes are what an extraction has to tell the next started span. Only the first span that takes them shows them.
type Notes struct {
	Refused []error
	Links   []trace.Link
	taken   atomic.Bool
}

// Take reports true to exactly one caller.
func (n *Notes) Take() bool {
	return n != nil && !n.taken.Load() && n.taken.CompareAndSwap(false, true)
}

type key struct{}

// From returns the state in ctx, or nil.
func From(ctx context.Context) *State {
	s, _ := ctx.Value(key{}).(*State)
	return s
}

// With returns a context with s.
func With(ctx context.Context, s *State) context.Context {
	return context.WithValue(ctx, key{}, s)
}

// Copy returns a State to change; a nil s is an empty one. Slices are shared: replace them, do not write to them.
func (s *State) Copy() *State {
	if s == nil {
		return &State{}
	}
	c := *s
	c.Starting = nil
	return &c
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

// Merge returns base with the values of over added; where a key is in both, over's value stands in base's place.
func Merge(base, over []attribute.KeyValue) []attribute.KeyValue {
	if len(over) == 0 {
		return base
	}
	out := slices.Clone(base)
	for _, kv := range over {
		i := slices.IndexFunc(out, func(have attribute.KeyValue) bool { return have.Key == kv.Key })
		if i < 0 {
			out = append(out, kv)
		} else {
			out[i] = kv
		}
	}
	return out
}
