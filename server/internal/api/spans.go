package api

import (
	"context"
	"math"
	"net/http"

	"github.com/clewhq/clew/server/internal/trace"
)

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
