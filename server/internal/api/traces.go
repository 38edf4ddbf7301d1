package api

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
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

// traceWriter is the memory that writing a trace takes.
type traceWriter struct {
	buf  *bufio.Writer
	span []byte // one span as JSON
}

var writers = sync.Pool{New: func() any { return &traceWriter{buf: bufio.NewWriterSize(nil, 64<<10)} }}

// maxSpanJSON is how large the memory for a span may be to be used again.
const maxSpanJSON = 1 << 20

func (m *traceWriter) release() {
	m.buf.Reset(nil)
	if cap(m.span) <= maxSpanJSON {
		writers.Put(m)
	}
}

// writeTrace writes a client.Trace, or a client.Outline, one span at a time: a
// trace of many thousand spans is never in memory as JSON.
func writeTrace(w io.Writer, spans []*trace.Span, placeholders []client.Placeholder, breaks []client.Break, outline bool) error {
	memory := writers.Get().(*traceWriter)
	defer memory.release()
	buf, one := memory.buf, &spanJSON{buf: memory.span}
	defer func() { memory.span = one.buf }()
	buf.Reset(w)
	enc := json.NewEncoder(buf)
	field := func(text string, v any) error {
		if _, err := buf.WriteString(text); err != nil {
			return err
		}
		return enc.Encode(v)
	}
	if err := field(`{"trace":`, wireSummary(trace.Summarize(spans))); err != nil {
		return err
	}
	twins := make(map[trace.SpanID]int, len(spans))
	separator := `,"spans":[`
	for _, s := range spans {
		twin := twins[s.ID]
		twins[s.ID]++
		one.buf = append(one.buf[:0], separator...)
		write := one.span
		if outline {
			write = func(s *trace.Span, twin int) error { o := wireOutline(s, twin); return one.outline(&o) }
		}
		if err := write(s, twin); err != nil {
			return err
		}
		if _, err := buf.Write(one.buf); err != nil {
			return err
		}
		separator = ","
	}
	if err := field(`],"placeholders":`, placeholders); err != nil {
		return err
	}
	if err := field(`,"breaks":`, breaks); err != nil {
		return err
	}
	if _, err := buf.WriteString("}\n"); err != nil {
		return err
	}
	return buf.Flush()
}
