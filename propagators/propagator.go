// Package propagators reads and writes span contexts in every format that Clew's neighbours speak.
//
// [Formats] is the table; each format has a file of its own. A [Propagator] looks at all enabled formats of a carrier:
// the first valid one in the table's order decides trace id, span id and flags. Where another format names the same
// trace, what it knows beyond ids joins in (Laminar's session, user, metadata and path). Where it names a different
// trace, the next span gets a link to that one, with the reason. What cannot be read is noted, never raised:
// [Refusals] tells why.
//
// The package knows nothing of HTTP or queues. [Header] and [Map] adapt the two most common carriers; anything that
// implements OpenTelemetry's propagation.TextMapCarrier will do.
package propagators

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
)

// Propagator reads and writes a set of formats. It implements OpenTelemetry's TextMapPropagator; the zero value does
// nothing.
type Propagator struct {
	reads   []placed
	more    []Format // read after those, see With
	writes  []*Format
	ids     bool // write only formats that carry nothing but ids
	baggage bool // one of those written may carry baggage
}

var _ propagation.TextMapPropagator = Propagator{}

var defaults = newPropagator(
	func(*Format) bool { return true },
	func(f *Format) bool { return f.Default },
)

// All reads every format in the table and writes those that are written by default: W3C's and Laminar's.
func All() Propagator { return defaults }

func newPropagator(read, write func(*Format) bool) Propagator {
	var p Propagator
	for i := range Formats {
		f := &Formats[i]
		if read(f) {
			p.reads = append(p.reads, place(f))
		}
		if write(f) {
			p.writes = append(p.writes, f)
			p.baggage = p.baggage || f.Name == w3cBaggage.Name || f.Prefix != ""
		}
	}
	return p
}

// New takes formats by name, to be read and written, in the table's order whatever the order of names.
func New(names ...string) (Propagator, error) {
	for _, name := range names {
		if !slices.ContainsFunc(Formats, func(f Format) bool { return f.Name == name }) {
			return Propagator{}, fmt.Errorf("propagators: no format is called %q; there are %s", name, strings.Join(Names(), ", "))
		}
	}
	named := func(f *Format) bool { return slices.Contains(names, f.Name) }
	return newPropagator(func(f *Format) bool {
		return named(f) || slices.ContainsFunc(f.Alike, func(a string) bool { return slices.Contains(names, a) })
	}, named), nil
}

// With returns p with formats that are not in the table, made by HeaderFormat: it reads them after those of the table, in
// their order, and writes those that say Default.
func (p Propagator) With(formats ...Format) Propagator {
	p.more, p.writes = slices.Clip(p.more), slices.Clip(p.writes)
	for _, f := range formats {
		if f.read == nil || f.write == nil { // nobody made it
			continue
		}
		p.more = append(p.more, f)
		if f.Default {
			p.writes = append(p.writes, &f)
		}
	}
	return p
}

// everything reports whether p reads the table and nothing else.
func (p *Propagator) everything() bool { return len(p.reads) == len(Formats) && len(p.more) == 0 }

// Names lists the table's formats in order.
func Names() []string {
	var out []string
	for _, f := range Formats {
		out = append(out, f.Name)
	}
	return out
}

// IDsOnly returns p writing only what holds no session, user, metadata, names or baggage. It reads what p reads. It is
// for destinations that are not known to be friends.
func (p Propagator) IDsOnly() Propagator {
	p.ids = true
	return p
}

// Fields returns the header names that p reads or may write, in lower case. Names that depend on the baggage are not among
// them.
func (p Propagator) Fields() []string { return p.fields(func(*Format) bool { return true }) }

// SpanFields are the Fields of formats that name a span: whoever reuses a carrier removes them before Inject, so that no
// two contexts disagree.
func (p Propagator) SpanFields() []string { return p.fields(func(f *Format) bool { return !f.NoSpan }) }

func (p Propagator) fields(of func(*Format) bool) []string {
	var out []string
	for _, f := range p.reads { // what is written is read
		if of(f.format) {
			out = append(out, f.format.Fields...)
		}
	}
	for _, f := range p.more {
		if of(&f) {
			out = append(out, f.Fields...)
		}
	}
	return out
}

// Inject writes the current span's context, or the remote one that ctx continues, in every format. Without a valid span
// context it writes session and baggage at most, and that only in formats made for them.
func (p Propagator) Inject(ctx context.Context, c propagation.TextMapCarrier) {
	if c == nil || len(p.writes) == 0 {
		return
	}
	c = forgiving(c)
	var out outgoing
	if p.ids {
		out.Carried = currentIDs(ctx)
	} else if out = leaving(ctx, trace.SpanContextFromContext(ctx)); p.baggage {
		out.Baggage = currentBaggage(ctx)
	}
	for _, f := range p.writes {
		if (!p.ids || !f.Inherited) && (out.Valid() || f.NoSpan) {
			f.write(out, c)
		}
	}
}

// Extract implements TextMapPropagator.
func (p Propagator) Extract(ctx context.Context, c propagation.TextMapCarrier) context.Context {
	return p.ExtractWith(ctx, c, Trust{})
}

// Current is what the current span, or the remote one that ctx continues, hands to another process.
func Current(ctx context.Context) Carried {
	return Outgoing(ctx, trace.SpanContextFromContext(ctx))
}

// Outgoing is what the span sc hands to another process, as far as ctx knows it. Baggage is not in it: that belongs to
// ctx, not to the span.
func Outgoing(ctx context.Context, sc trace.SpanContext) Carried {
	out := leaving(ctx, sc)
	return out.whole()
}

// leaving is Outgoing before the paths are made.
func leaving(ctx context.Context, sc trace.SpanContext) outgoing {
	var out outgoing
	if !sc.IsValid() {
		if s := inherit.From(ctx); s != nil {
			out.Session = s.Session
		}
		return out
	}
	s := inherit.Resolve(ctx, sc)
	out.SpanContext, out.place = sc, s.Position
	out.Session, out.User, out.Metadata = s.Session, s.User, s.Metadata
	out.TraceType, out.TracingLevel = s.TraceType, s.Level
	out.passOn(&s)
	return out
}

// currentIDs is what a stranger may learn.
func currentIDs(ctx context.Context) Carried {
	out := Carried{SpanContext: trace.SpanContextFromContext(ctx)}
	if s := inherit.From(ctx); s != nil && out.Valid() {
		out.passOn(s)
	}
	return out
}

// passOn adds what s says about the trace that no span context has room for.
func (c *Carried) passOn(s *inherit.State) {
	if s.TraceState.Trace == c.SpanContext.TraceID() {
		c.TraceState = s.TraceState.Raw
	}
	switch {
	case s.Sampling == SamplingDebug && c.SpanContext.IsSampled():
		c.Sampling = SamplingDebug
	case s.Sampling == SamplingDefer && s.Position.Remote && s.Position.Of(c.SpanContext):
		c.Sampling = SamplingDefer // no span has been made here
	}
}
