package propagators

import (
	"cmp"
	"encoding/binary"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
)

// Carried is what a received context says, and what is written into one. Every field may be empty; most formats have
// room for few of them.
type Carried struct {
	Format      string            // name in the table of the format that decided the ids; "" when there are none
	SpanContext trace.SpanContext // ids, flags and trace state of the parent; remote when it was received
	Sampling    Sampling          // what the sender said about sampling beyond the sampled flag
	TraceState  string            // W3C tracestate as received, level-2 keys included

	Path    []string // names from the root to the parent
	IDsPath []string // span ids from the root to the parent, in lower-case UUID form

	Session      string
	User         string
	Metadata     []attribute.KeyValue // nested values as JSON text
	TraceType    string               // DEFAULT, EVALUATION, EVENT or PLAYGROUND
	TracingLevel string               // off, meta_only or all
	Baggage      []Member             // W3C Baggage, or Jaeger's, in the order received

	Refused []*Refusal // optional fields that were left out, each with its reason
}

// Valid reports whether c names a parent.
func (c Carried) Valid() bool { return c.SpanContext.IsValid() }

// empty reports whether c says nothing at all.
func (c *Carried) empty() bool {
	return !c.Valid() && c.Sampling == SamplingFlag && c.Session == "" && len(c.Baggage) == 0
}

// onlyIDs reports whether c says nothing beyond what its span context says.
func (c *Carried) onlyIDs() bool {
	return c.Format == traceContextName && c.Sampling == SamplingFlag && c.TraceState == "" && c.Session == "" && c.User == "" &&
		c.TraceType == "" && c.TracingLevel == "" && len(c.Path) == 0 && len(c.IDsPath) == 0 && len(c.Metadata) == 0 && len(c.Baggage) == 0
}

// join adds to c what another format knows about the same trace, or knows without naming one. Ids and flags stay c's
// own. If the other format saw an earlier span than c, because a proxy in between speaks only one of the two, c's span
// continues its path.
func (c *Carried) join(other *Carried) {
	if len(c.Path) == 0 && len(c.IDsPath) == 0 {
		c.Path, c.IDsPath = other.Path, other.IDsPath
		if id := c.SpanContext.SpanID(); len(c.IDsPath) > 0 && id != other.SpanContext.SpanID() {
			c.IDsPath = inherit.Extend(c.IDsPath, inherit.SpanUUID(id))
		}
	}
	c.Session = cmp.Or(c.Session, other.Session)
	c.User = cmp.Or(c.User, other.User)
	c.TraceType = cmp.Or(c.TraceType, other.TraceType)
	c.TracingLevel = cmp.Or(c.TracingLevel, other.TracingLevel)
	if len(other.Metadata) > 0 {
		c.Metadata = inherit.Merge(other.Metadata, c.Metadata)
	}
	c.Baggage = mergeBaggage(c.Baggage, other.Baggage)
	switch {
	case c.Sampling != SamplingFlag:
	case !c.Valid(): // a decision without ids, if nothing better comes
		c.Sampling = other.Sampling
	case other.Valid() && other.Sampling == SamplingDebug && c.SpanContext.IsSampled():
		c.Sampling = SamplingDebug
	}
}

// outgoing is what goes into a carrier: a Carried without paths if they can be had from place, because few formats write
// them and none needs them as lists.
type outgoing struct {
	Carried
	place *inherit.Position // where the span stands; nil if the paths are there
}

// whole is o with its paths.
func (o *outgoing) whole() Carried {
	out := o.Carried
	if o.place != nil {
		out.Path, out.IDsPath = o.place.Paths()
	}
	return out
}

// Sampling is what a sender said about sampling beyond the sampled flag of a span context.
type Sampling = inherit.Sampling

// The kinds of Sampling. Deny and Accept come without ids: the sender made no span, but decided for the trace that
// starts here.
const (
	SamplingFlag   = inherit.SamplingFlag   // nothing: the sampled flag tells, or without ids nobody has decided
	SamplingDefer  = inherit.SamplingDefer  // the receiver decides; the sampled flag is set and means nothing
	SamplingDeny   = inherit.SamplingDeny   // do not sample
	SamplingAccept = inherit.SamplingAccept // sample
	SamplingDebug  = inherit.SamplingDebug  // sample whatever samplers say, here and in what is called from here
)

// sameTrace compares the low 64 bits, because a hop that knows only 64-bit ids drops or zeroes the rest.
func sameTrace(a, b trace.TraceID) bool {
	return binary.BigEndian.Uint64(a[8:]) == binary.BigEndian.Uint64(b[8:])
}
