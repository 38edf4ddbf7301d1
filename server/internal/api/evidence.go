package api

import (
	"context"
	"errors"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/continuity"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// Bounds of what is loaded to explain one trace. What is beyond them is judged
// by its outline, which has ids, parents, kinds and times.
const (
	maxWhole       = 2000 // spans of the trace itself
	maxOtherTraces = 64   // traces that were found by a hint
	maxSharing     = 20   // traces that share the low 64 bits
)

// findBreaks says where a trace is broken. spans are all of its spans, those
// whole that withBodies would load.
func (a *api) findBreaks(ctx context.Context, spans []*trace.Span) ([]client.Break, error) {
	ev, err := a.evidence(ctx, continuity.Ask(spans))
	if err != nil {
		return nil, err
	}
	return wireList(continuity.Find(spans, ev), wireBreak), nil
}

// withBodies returns spans with those in their places whole that matter to
// continuity: all of a small trace; of a large one those at its edges, where it
// can be torn.
func (a *api) withBodies(ctx context.Context, id trace.TraceID, spans []*trace.Span) ([]*trace.Span, error) {
	if len(spans) <= maxWhole {
		return a.Store.Spans(ctx, id)
	}
	known := make(map[trace.SpanID]bool, len(spans))
	for _, s := range spans {
		known[s.ID] = true
	}
	var edges []trace.SpanID
	for _, s := range spans {
		inner := s.Kind == trace.KindInternal || s.Kind == trace.KindUnspecified
		if (!inner || !known[s.ParentID]) && len(edges) < maxWhole {
			edges = append(edges, s.ID)
		}
	}
	if len(edges) == 0 {
		return spans, nil
	}
	whole, err := a.Store.Spans(ctx, id, edges...)
	if err != nil {
		return nil, err
	}
	return replace(spans, whole), nil
}

// replace returns outlines with each span that whole has too replaced by that.
func replace(outlines, whole []*trace.Span) []*trace.Span {
	byIdentity := make(map[trace.Identity]*trace.Span, len(whole))
	for _, s := range whole {
		byIdentity[s.Identity()] = s
	}
	out := make([]*trace.Span, len(outlines))
	for i, s := range outlines {
		if out[i] = byIdentity[s.Identity()]; out[i] == nil {
			out[i] = s
		}
	}
	return out
}

// evidence answers continuity's questions from the store.
func (a *api) evidence(ctx context.Context, q continuity.Questions) (ev continuity.Evidence, err error) {
	if len(q.Services) > 0 {
		services, err := a.Store.Services(ctx, q.Services...)
		if err != nil {
			return ev, err
		}
		ev.Services = wireList(services, func(s store.Service) continuity.Service { return continuity.Service(s) })
	}
	if q.LowSixtyFour {
		if ev.Sharing, err = a.Store.Sharing(ctx, q.Trace, maxSharing); err != nil {
			return ev, err
		}
	}
	var found []store.Hinted
	for _, h := range q.Hints {
		hinted, err := a.Store.Hinted(ctx, q.Trace, h.Hints, h.From, h.To, h.Limit)
		if err != nil {
			return ev, err
		}
		found = append(found, hinted...)
	}
	ev.Hinted, err = a.wholeHinted(ctx, found)
	return ev, err
}

// wholeHinted loads the bodies of spans that were found by a hint.
func (a *api) wholeHinted(ctx context.Context, found []store.Hinted) ([]continuity.Hinted, error) {
	wanted := map[trace.TraceID][]trace.SpanID{}
	for _, h := range found {
		id := h.Span.TraceID
		if wanted[id] != nil || len(wanted) < maxOtherTraces {
			wanted[id] = append(wanted[id], h.Span.ID)
		}
	}
	whole := map[trace.Identity]*trace.Span{}
	for id, spans := range wanted {
		loaded, err := a.Store.Spans(ctx, id, spans...)
		if errors.Is(err, store.ErrNotFound) {
			continue // deleted since it was found
		}
		if err != nil {
			return nil, err
		}
		for _, s := range loaded {
			whole[s.Identity()] = s
		}
	}
	out := make([]continuity.Hinted, len(found))
	for i, h := range found {
		out[i] = continuity.Hinted(h)
		if s := whole[h.Span.Identity()]; s != nil {
			out[i].Span = s
		}
	}
	return out, nil
}

func wireBreak(b continuity.Break) client.Break {
	return client.Break{
		Kind: string(b.Kind), Place: b.Place,
		Spans:  wireList(b.Spans, trace.SpanID.String),
		Traces: wireList(b.Traces, trace.TraceID.String),
		Proof:  wireStrings(b.Proof), Cause: b.Cause, Fix: b.Fix,
	}
}
