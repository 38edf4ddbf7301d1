package api

import (
	"net/http"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

// forgetTraces deletes the traces that a filter selects, whole, at most a page of
// them: whoever wants all gone asks again until there are no more.
func (a *api) forgetTraces(w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	filter, limit := p.filter(), p.limit()
	if err := p.done(); err != nil {
		return err
	}
	if filter.IsZero() {
		return invalid("q", "say which traces to forget: q, service, name, session, user, type, status, from or to")
	}
	items, next, err := a.Store.Traces(r.Context(), filter, query.Page{Limit: limit})
	if err != nil {
		return err
	}
	ids := make([]trace.TraceID, len(items))
	for i, item := range items {
		ids[i] = item.TraceID
	}
	receipt, err := a.Store.Delete(r.Context(), ids...)
	if err != nil {
		return err
	}
	return writeJSON(w, client.Receipt{
		Traces: receipt.Traces, Spans: receipt.Spans, Events: receipt.Events, Messages: receipt.Messages, More: next != "",
	})
}
