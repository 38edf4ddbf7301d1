package propagators

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel/propagation"

	"github.com/clewhq/clew/internal/inherit"
)

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
