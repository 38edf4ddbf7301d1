package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/decode"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// maxDecodeSharing bounds the traces that are named because they share half of an id.
const maxDecodeSharing = 5

// postDecode says what span contexts the body holds, and what the store has of
// them. It is a POST because of the body; it changes nothing.
func (a *api) postDecode(w http.ResponseWriter, r *http.Request) error {
	if err := newParams(r).done(); err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, decode.MaxText))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return failf(http.StatusRequestEntityTooLarge, "too_large", "", "a text to decode is at most %d KiB; send the part that has the context", decode.MaxText>>10)
	} else if err != nil {
		return failf(http.StatusBadRequest, "invalid_argument", "", "the text could not be read: %v", err)
	}
	out := decode.Text(string(body))
	known := map[trace.TraceID]*client.StoredContext{}
	for i := range out.Contexts {
		if out.Contexts[i].Stored, err = a.stored(r.Context(), &out.Contexts[i], known); err != nil {
			return err
		}
	}
	out.Store = client.StoreAnswer{Asked: true}
	return writeJSON(w, out)
}

// stored looks for a context's trace and parent span; known has the traces that were looked for.
func (a *api) stored(ctx context.Context, c *client.DecodedContext, known map[trace.TraceID]*client.StoredContext) (*client.StoredContext, error) {
	if c.TraceID == nil {
		return nil, nil
	}
	id, err := trace.ParseTraceID(c.TraceID.Hex)
	if err != nil {
		return nil, err
	}
	span, err := trace.ParseSpanID(c.SpanID.Hex)
	if err != nil {
		return nil, err
	}
	if known[id] == nil {
		if known[id], err = a.storedTrace(ctx, id); err != nil {
			return nil, err
		}
	}
	out := *known[id]
	if out.Trace == nil {
		return &out, nil
	}
	spans, err := a.Store.Spans(ctx, id, span)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	for twin, s := range spans {
		out.Spans = append(out.Spans, wireOutline(s, twin))
	}
	if len(spans) > 0 {
		out.Link += "?span=" + url.QueryEscape(span.String())
	}
	return &out, nil
}

func (a *api) storedTrace(ctx context.Context, id trace.TraceID) (*client.StoredContext, error) {
	out := &client.StoredContext{Spans: []client.SpanOutline{}}
	summaries, err := a.Store.Summaries(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, s := range summaries {
		out.Trace, out.Link = new(client.TraceSummary), "/traces/"+id.String()
		*out.Trace = wireSummary(s)
	}
	sharing, err := a.Store.Sharing(ctx, id, maxDecodeSharing)
	if err != nil {
		return nil, err
	}
	out.Sharing = wireList(sharing, trace.TraceID.String)
	return out, nil
}
