package propagators

import (
	"cmp"
	"context"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/inherit"
)

// Attributes of the link to a context that was received and not continued.
const (
	KeyLinkReason = attribute.Key("clew.link.reason")
	KeyLinkFormat = attribute.Key("clew.link.format")

	// ReasonOtherTrace is the reason when two formats of one carrier name different traces.
	ReasonOtherTrace = "formats_disagree"

	// ReasonRestart is the reason when the policy is to begin a trace of one's own.
	ReasonRestart = "policy_restart"
)

// Policy is what to do with a context that was received.
type Policy string

// The policies. Whatever they say, a context that cannot be used is refused and told about.
const (
	Continue Policy = "continue" // use it; the zero value means the same
	Restart  Policy = "restart"  // begin a trace of one's own with a link to the sender, and take nothing else from it
	Ignore   Policy = "ignore"   // as if nothing had been received
	Resample Policy = "resample" // use it, but for the sender's decision about sampling
)

// Trust says how much of a received context to use. The zero value uses all of it.
type Trust struct {
	Policy   Policy   // Continue if empty
	IDsOnly  bool     // leave session, user, metadata, baggage and names of a stranger out
	NewTrace bool     // a context that names no parent starts a new trace even inside a local span
	Keys     [][]byte // believe only what is signed with one of these; without any, signatures are not looked at
}

// plain reports whether all of a context is used.
func (t Trust) plain() bool {
	return (t.Policy == "" || t.Policy == Continue) && len(t.Keys) == 0
}

// ExtractWith reads c and returns a context that continues what it found. Without a valid context ctx keeps its own
// span, if it has one.
func (p Propagator) ExtractWith(ctx context.Context, c propagation.TextMapCarrier, trust Trust) context.Context {
	if c == nil || trust.Policy == Ignore {
		return adopt(ctx, &Carried{}, nil, trust)
	}
	var best Carried
	var notes *inherit.Notes
	c = forgiving(c)
	if trust.plain() && p.everything() && inherit.From(ctx) == nil {
		// The usual cases, and there is nothing to weigh up in them.
		if text, only := onlyTraceParent(c); only {
			if text == "" {
				return adopt(ctx, &Carried{}, nil, trust)
			}
			if sc, f, _ := traceParent(text); !f.bad() {
				return inherit.EnterRemote(ctx, nil, sc)
			}
		}
	}
	all := gather(c)
	for i := range p.reads {
		if all.nothing() {
			break
		}
		in, prefixed, ok := all.of(&p.reads[i])
		if !ok {
			continue
		}
		format := p.reads[i].format
		if refusal := all.overfull(&p.reads[i]); refusal != nil {
			notes = note(notes, refusal)
			continue
		}
		if format.Name == b3Multi.Name && best.Sampling != SamplingFlag && !best.Valid() {
			notes = note(notes, fault{ReasonOverruled, "the b3 header decides"}.refuse(format.Name, "", -1))
			continue
		}
		notes = best.hear(format, in, prefixed, trust.Keys, notes)
	}
	all.release()
	for i := range p.more {
		if in, ok := p.more[i].find(c); ok {
			notes = best.hear(&p.more[i], in, nil, trust.Keys, notes)
		}
	}
	return adopt(ctx, &best, notes, trust)
}

// hear adds to what a carrier's earlier formats say what one more says. With keys only what is signed is believed.
func (c *Carried) hear(f *Format, in []Values, prefixed []Member, keys [][]byte, notes *inherit.Notes) *inherit.Notes {
	got, refusal := f.read(in, prefixed)
	if refusal == nil && len(keys) > 0 {
		got, refusal = verified(got, f, in, keys)
	}
	if refusal != nil {
		notes = note(notes, refusal)
	}
	for _, r := range got.Refused {
		notes = note(notes, r)
	}
	switch {
	case !got.Valid():
		c.join(&got)
	case !c.Valid():
		if !c.empty() {
			got.join(c)
		}
		*c = got
	case sameTrace(c.SpanContext.TraceID(), got.SpanContext.TraceID()):
		c.join(&got)
	default:
		notes = link(notes, got.SpanContext, ReasonOtherTrace, got.Format)
	}
	return notes
}

// Continue reads one string of any enabled format. An empty one is no context and no refusal.
func (p Propagator) Continue(ctx context.Context, text string, trust Trust) context.Context {
	if trust.Policy == Ignore || strings.TrimSpace(text) == "" {
		return adopt(ctx, &Carried{}, nil, trust)
	}
	var notes *inherit.Notes
	got, refusal := p.Parse(text)
	if refusal == nil && len(trust.Keys) > 0 {
		if refusal = verify(text, trust.Keys); refusal != nil {
			got = Carried{}
		}
	}
	if refusal != nil {
		notes = note(notes, refusal)
	}
	for _, r := range got.Refused {
		notes = note(notes, r)
	}
	return adopt(ctx, &got, notes, trust)
}

// Parse recognises and reads one string of any enabled format.
func (p Propagator) Parse(text string) (Carried, *Refusal) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" {
		return Carried{}, fault{ReasonEmpty, "empty"}.refuse("", "", 0)
	}
	for _, f := range p.reads {
		if f.format.Looks != nil && f.format.Looks(trimmed) {
			return f.format.Parse(trimmed)
		}
	}
	for _, f := range p.more {
		if f.Looks != nil && f.Looks(trimmed) {
			return f.Parse(trimmed)
		}
	}
	return Carried{}, fault{ReasonUnknown, "looks like none of the known formats"}.refuse("", "", -1)
}

// Refusals returns why the last extraction that led to ctx left something unused.
func Refusals(ctx context.Context) []Refusal {
	s := inherit.From(ctx)
	if s == nil || s.Entry == nil || s.Entry.Notes == nil {
		return nil
	}
	var out []Refusal
	for _, err := range s.Entry.Notes.Refused {
		if r, ok := err.(*Refusal); ok {
			out = append(out, *r)
		}
	}
	return out
}

func note(notes *inherit.Notes, r *Refusal) *inherit.Notes {
	if notes == nil {
		notes = &inherit.Notes{}
	}
	notes.Refused = append(notes.Refused, r)
	return notes
}

func link(notes *inherit.Notes, sc trace.SpanContext, reason, format string) *inherit.Notes {
	if notes == nil {
		notes = &inherit.Notes{}
	}
	notes.Links = append(notes.Links, trace.Link{SpanContext: sc, Attributes: []attribute.KeyValue{
		KeyLinkReason.String(reason), KeyLinkFormat.String(format),
	}})
	return notes
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
	orElse(&c.Session, other.Session)
	orElse(&c.User, other.User)
	orElse(&c.TraceType, other.TraceType)
	orElse(&c.TracingLevel, other.TracingLevel)
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

func orElse(mine *string, theirs string) {
	if *mine == "" {
		*mine = theirs
	}
}

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
