package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

func (a *api) listTraces(w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	filter, page := p.list(query.ListOfTraces)
	if err := p.done(); err != nil {
		return err
	}
	items, next, err := a.Store.Traces(r.Context(), filter, page)
	if err != nil {
		return err
	}
	return writeJSON(w, client.List[client.TraceSummary]{Items: wireList(items, wireSummary), NextCursor: next})
}

func (a *api) getTrace(w http.ResponseWriter, r *http.Request) error {
	p := newParams(r)
	id, outline := p.traceID(), p.flag("outline")
	if err := p.done(); err != nil {
		return err
	}
	done, err := a.admit(r.Context(), id)
	if err != nil {
		return about(err, "trace %s", id)
	}
	defer done()
	load := a.wholeSpans
	if outline {
		load = a.outline
	}
	spans, err := load(r.Context(), id)
	if err != nil {
		return about(err, "trace %s", id)
	}
	whole := spans
	if outline {
		if whole, err = a.withBodies(r.Context(), id, spans); err != nil {
			return about(err, "trace %s", id)
		}
	}
	breaks, err := a.findBreaks(r.Context(), whole)
	if err != nil {
		return about(err, "breaks of trace %s", id)
	}

	w.Header().Set("Content-Type", "application/json")
	if err := writeTrace(w, spans, wireList(trace.Placeholders(whole), wirePlaceholder), breaks, outline); err != nil {
		// The answer has begun. Cutting the connection is the one way left to
		// say that it isn't whole.
		if r.Context().Err() == nil {
			a.Logger.LogAttrs(r.Context(), slog.LevelWarn, "answer cut short", slog.String("trace_id", id.String()), slog.Any("error", err))
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

// maxOpen is how many open spans of one trace are told apart in its outline.
const maxOpen = 1000

// outline loads a trace without bodies, but for those of open spans, which tell whether they are running.
func (a *api) outline(ctx context.Context, id trace.TraceID) ([]*trace.Span, error) {
	spans, err := a.Store.Outline(ctx, id)
	if err != nil {
		return nil, err
	}
	var open []trace.SpanID
	for _, s := range spans {
		if s.Open() && len(open) < maxOpen {
			open = append(open, s.ID)
		}
	}
	if len(open) == 0 {
		return spans, nil
	}
	whole, err := a.Store.Spans(ctx, id, open...)
	if err != nil {
		return nil, err
	}
	type twin struct {
		id    trace.SpanID
		start trace.Time
	}
	said := map[twin]trace.Attributes{}
	for _, s := range whole {
		said[twin{s.ID, s.Start}] = s.Attributes
	}
	for i, s := range spans {
		if attrs := said[twin{s.ID, s.Start}]; s.Open() && attrs != nil {
			known := *s
			known.Attributes = attrs
			spans[i] = &known
		}
	}
	return spans, nil
}

// admit waits until the trace may be read, if it is large. The caller calls done
// when it needs the trace no more.
func (a *api) admit(ctx context.Context, id trace.TraceID) (done func(), err error) {
	summaries, err := a.Store.Summaries(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(summaries) == 0 || summaries[0].SpanCount <= maxWhole {
		return func() {}, nil
	}
	select {
	case a.large <- struct{}{}:
		return func() { <-a.large }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A trace is written in parts of partSize bytes or little more, so that one of
// many thousand spans is never in memory as JSON. A part's memory is kept for
// the next trace unless a span has made it larger than maxPart.
const (
	partSize = 512 << 10
	maxPart  = 1 << 20
)

var traceWriters = sync.Pool{New: func() any { return new(spanJSON) }}

// writeTrace writes a client.Trace, or a client.Outline.
func writeTrace(w io.Writer, spans []*trace.Span, placeholders []client.Placeholder, breaks []client.Break, outline bool) error {
	j := traceWriters.Get().(*spanJSON)
	if err := j.trace(w, spans, placeholders, breaks, outline); err != nil {
		return err // HTTP/2 may be writing the part yet
	}
	if max(cap(j.buf), cap(j.shared)) <= maxPart {
		j.reset()
		traceWriters.Put(j)
	}
	return nil
}

func (j *spanJSON) trace(w io.Writer, spans []*trace.Span, placeholders []client.Placeholder, breaks []client.Break, outline bool) error {
	if err := j.line(`{"trace":`, wireSummary(trace.Summarize(spans))); err != nil {
		return err
	}
	j.buf = append(j.buf, `,"spans":[`...)
	begun := false
	twins := make(map[trace.SpanID]int, len(spans))
	for i, s := range spans {
		if i > 0 {
			j.buf = append(j.buf, ',')
		}
		twin := twins[s.ID]
		twins[s.ID]++
		if outline {
			if err := j.outline(s, twin); err != nil {
				return err
			}
		} else if err := j.span(s, twin); err != nil {
			return err
		}
		if len(j.buf) >= partSize {
			if _, err := w.Write(j.buf); err != nil {
				return err
			}
			j.buf, begun = j.buf[:0], true
		}
	}
	if err := j.line(`],"placeholders":`, placeholders); err != nil {
		return err
	}
	if err := j.line(`,"breaks":`, breaks); err != nil {
		return err
	}
	j.buf = append(j.buf, "}\n"...)
	if rw, ok := w.(http.ResponseWriter); ok && !begun {
		rw.Header().Set("Content-Length", strconv.Itoa(len(j.buf)))
	}
	_, err := w.Write(j.buf)
	return err
}

// line appends a field that ends with a line, as an encoder of JSON ends it.
func (j *spanJSON) line(name string, v any) error {
	j.buf = append(j.buf, name...)
	err := j.value(v)
	j.buf = append(j.buf, '\n')
	return err
}
