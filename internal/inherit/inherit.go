// Package inherit holds what a span hands down to the spans started under it: session, user, metadata, its place in
// the tree (path and ids path), and the notes of the last extraction.
//
// It lives in the context as one immutable value, so there is no map from span to path, no lock, and nothing to clean
// up when a span ends. What is the same for many spans is shared by them, and a path is a chain of names until somebody
// asks for it. A span of a foreign instrumentation has no such value of its own; its attributes tell the same.
package inherit

import (
	"slices"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// State is what children inherit. A State reachable from a context is never changed, except by the one call that is
// starting a span with it (see Starting). New and Copy make one; Handed and Position are never nil.
type State struct {
	*Handed
	Position *Position // of the span whose children inherit; it is nobody's if there is none
	Entry    *Entry    // how that span's context came into this process; nil if it was started here and nothing is to be told

	// Span is the hand-made span that this state was created for, or nil. Its type belongs to the root package.
	Span any

	// Starting is what the root package knows of the span that is being started with this state, nil at any other time.
	// While it is set, Position is still the parent's, and whoever stamps the span replaces it.
	Starting any
}

// Association is what a span shares with all that are started under it, until somebody says something else.
type Association struct {
	Session      string
	SessionAttrs []attribute.KeyValue // set with the session, stamped on its spans, never sent to another process
	User         string
	Metadata     []attribute.KeyValue // keys without the association prefix, in order of first setting
	TraceType    string
	Level        string // tracing level as received; "" means all

	TraceState TraceState
	Sampling   Sampling
}

// Handed is an Association that many states share. It is not changed; State.Change replaces it.
type Handed struct {
	Association
	attrs atomic.Pointer[[]attribute.KeyValue]
}

// Entry is what the span that continues a received context, or begins a trace in spite of one, tells about that.
type Entry struct {
	Notes  *Notes
	Format string // by its name in the table of formats
	Policy string // how it was treated; "" is the default
}

// nothing is what nobody hands down.
var nothing = &Handed{}

// New returns the State of a root.
func New() *State { return (*State)(nil).Copy() }

// Copy returns a State to change; of a nil s that is a new one.
func (s *State) Copy() *State {
	c := s.copy()
	return &c
}

func (s *State) copy() State {
	if s == nil {
		return State{Handed: nothing, Position: Nowhere}
	}
	c := *s
	c.Starting = nil
	return c
}

// Change gives s an Association of its own that change has changed. The slices in it are shared: change replaces them and
// does not write to them.
func (s *State) Change(change func(*Association)) {
	h := &Handed{Association: s.Association}
	change(&h.Association)
	s.Handed = h
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

// Merge returns base with the values of over added; where a key is in both, over's value stands in base's place.
func Merge(base, over []attribute.KeyValue) []attribute.KeyValue {
	if len(over) == 0 {
		return base
	}
	out := slices.Concat(base, over)[:len(base)]
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
