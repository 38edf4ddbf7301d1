package sqlite

import (
	"github.com/clewhq/clew/server/internal/trace"
)

// nullable is the argument for a number that may be unknown.
func nullable[N ~int64](n *N) any {
	if n == nil {
		return nil
	}
	return int64(*n)
}

func encodeStrings(list []string) []byte {
	if len(list) == 0 {
		return nil
	}
	var e encoder
	e.strings(list)
	return e.buf
}

const traceColumns = `t.trace_id, t.name, t.start_ns, t.end_ns, t.services, t.span_count, t.error_count, t.root_count, t.orphan_count,
	t.session, t.user, t.input_tokens, t.output_tokens, t.cost`

// traceRow is a row of traces.
type traceRow struct {
	sum          trace.Summary
	id, services []byte
}

func (r *traceRow) dest() []any {
	s := &r.sum
	return []any{
		&r.id, &s.Name, &s.Start, &s.End, &r.services, &s.SpanCount, &s.ErrorCount, &s.RootCount, &s.OrphanCount,
		&s.Session, &s.User, &s.InputTokens, &s.OutputTokens, &s.Cost,
	}
}

func (r *traceRow) done() error {
	copy(r.sum.TraceID[:], r.id)
	d := decoder{buf: string(r.services)}
	r.sum.Services = d.strings()
	return d.end()
}

// traceArgs are the values of traceColumns but for trace_id and start_ns.
func traceArgs(s *trace.Summary) []any {
	return []any{
		s.Name, int64(s.End), encodeStrings(s.Services), s.SpanCount, s.ErrorCount, s.RootCount, s.OrphanCount,
		s.Session, s.User, nullable(s.InputTokens), nullable(s.OutputTokens), nullable(s.Cost),
	}
}

const sessionColumns = `x.id, x.start_ns, x.end_ns, x.user, x.trace_count, x.span_count, x.error_count, x.input_tokens, x.output_tokens, x.cost`

func sessionDest(s *trace.SessionSummary) []any {
	return []any{
		&s.ID, &s.Start, &s.End, &s.User, &s.TraceCount, &s.SpanCount, &s.ErrorCount, &s.InputTokens, &s.OutputTokens, &s.Cost,
	}
}

func (r *sessionRow) dest() []any {
	return append(sessionDest(&r.sum), &r.userStart, &r.userTrace)
}

func (r *sessionRow) args() []any {
	s := &r.sum
	trace := r.userTrace
	if trace == nil {
		trace = []byte{}
	}
	return []any{
		s.ID, int64(s.Start), int64(s.End), s.User, s.TraceCount, s.SpanCount, s.ErrorCount,
		nullable(s.InputTokens), nullable(s.OutputTokens), nullable(s.Cost), int64(r.userStart), trace,
	}
}
