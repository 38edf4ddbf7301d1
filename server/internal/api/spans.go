package api

import (
	"context"
	"math"
	"net/http"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// listSpans lists spans of all traces, without their bodies.
func (a *api) listSpans(w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	filter, page := p.list(query.ListOfSpans)
	if err := p.done(); err != nil {
		return err
	}
	items, next, err := a.Store.Search(r.Context(), filter, page)
	if err != nil {
		return err
	}
	found := wireList(items, func(f store.Found) client.SpanOutline { return wireOutline(f.Span, f.Twin) })
	return writeJSON(w, client.List[client.SpanOutline]{Items: found, NextCursor: next})
}

func (a *api) getSpan(w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	traceID, spanID, twin := p.traceID(), p.spanID(), p.number("twin", 0, 0, math.MaxInt32)
	explain := p.flag("explain")
	if err := p.done(); err != nil {
		return err
	}
	spans, err := a.withLogs(a.Store.Spans(r.Context(), traceID, spanID))
	if err != nil {
		return about(err, "span %s of trace %s", spanID, traceID)
	}
	if twin >= len(spans) {
		return failf(http.StatusNotFound, "not_found", "", "twin %d of span %s: not found; the id has %d, counted from 0", twin, spanID, len(spans))
	}
	return writeJSON(w, a.wireDetail(spans[twin], twin, explain))
}

// wholeSpans loads a trace with its bodies.
func (a *api) wholeSpans(ctx context.Context, id trace.TraceID) ([]*trace.Span, error) {
	return a.withLogs(a.Store.Spans(ctx, id))
}

// withLogs fills in what log records say of the spans that were loaded.
func (a *api) withLogs(spans []*trace.Span, err error) ([]*trace.Span, error) {
	for _, s := range spans {
		a.Deriver.Complete(s)
	}
	return spans, err
}
