package propagators

import (
	"cmp"
	"context"

	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
)

// adopt makes c the parent of what is started in the returned context. What c says about session, user and metadata
// wins over what ctx said.
func adopt(ctx context.Context, c *Carried, notes *inherit.Notes, trust Trust) context.Context {
	if trust.Policy == Restart {
		if c.Valid() {
			notes = link(notes, c.SpanContext, ReasonRestart, c.Format)
		}
		c = &Carried{}
	}
	if trust.IDsOnly {
		c.Session, c.User, c.TraceType, c.TracingLevel = "", "", "", ""
		c.Metadata, c.Baggage, c.Path, c.IDsPath = nil, nil, nil, nil
	}
	if !c.Valid() && trust.NewTrace && trace.SpanContextFromContext(ctx).IsValid() {
		ctx = trace.ContextWithSpanContext(ctx, trace.SpanContext{})
		if s := inherit.From(ctx); s != nil && s.Sampling != SamplingFlag { // that was about the trace that is left
			s = s.Copy()
			s.Change(func(a *inherit.Association) { a.Sampling = SamplingFlag })
			ctx = inherit.With(ctx, s)
		}
	}
	if c.empty() && notes == nil && trust.Policy != Ignore {
		return ctx
	}
	if notes == nil && c.onlyIDs() && trust.Policy != Resample && inherit.From(ctx) == nil {
		return inherit.EnterRemote(ctx, nil, c.SpanContext) // the span context says it all
	}
	if notes != nil {
		count(ctx, notes.Refused)
	}
	r := inherit.Receive(ctx)
	var entry inherit.Entry
	if r.Entry != nil {
		entry = *r.Entry
	}
	entry.Notes = notes
	// What is said of the span that stays, stays.
	begins := c.Valid() || !trace.SpanContextFromContext(ctx).IsValid()
	if begins {
		entry.Format, entry.Policy = c.Format, string(trust.Policy)
		if trust.Policy == "" && c.Valid() {
			entry.Policy = string(Continue)
		}
	}
	r.Entry = kept(entry)
	c.handDown(&r.Association, begins, trust.Policy)
	ctx = adoptBaggage(ctx, c.Baggage)
	if !c.Valid() {
		return r.Context(ctx)
	}
	return r.Continue(ctx, c.SpanContext, c.Path, c.IDsPath)
}

// usualEntry is what there is to tell of nearly every request.
var usualEntry = inherit.Entry{Format: traceContextName, Policy: string(Continue)}

// kept is e in memory that lasts.
func kept(e inherit.Entry) *inherit.Entry {
	if e == usualEntry {
		return &usualEntry
	}
	own := e
	return &own
}

// handDown puts into a what c says; begins is set if that is about the span or trace that comes next.
func (c *Carried) handDown(a *inherit.Association, begins bool, policy Policy) {
	switch {
	case !begins:
	case policy == Resample && c.Valid():
		a.Sampling = SamplingDefer
	case policy == Resample:
		a.Sampling = SamplingFlag
	default:
		a.Sampling = c.Sampling
	}
	if c.Session != "" {
		a.Session, a.SessionAttrs = c.Session, nil
	}
	if !c.Valid() {
		return
	}
	a.TraceState = inherit.TraceState{Trace: c.SpanContext.TraceID(), Raw: c.TraceState}
	a.Level, a.User, a.TraceType = cmp.Or(c.TracingLevel, a.Level), cmp.Or(c.User, a.User), cmp.Or(c.TraceType, a.TraceType)
	if len(a.Metadata) == 0 {
		a.Metadata = c.Metadata
	} else {
		a.Metadata = inherit.Merge(a.Metadata, c.Metadata)
	}
}
