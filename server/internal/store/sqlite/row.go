package sqlite

import (
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// spanColumns are the columns of spans that make a row, in the order of
// row.args and row.scan.
const spanColumns = `s.span_id, s.start_ns, s.kind, s.service, s.parent_id, s.end_ns, s.name, s.type, s.status, s.is_error,
	s.session, s.user, s.provider, s.model, s.input_tokens, s.output_tokens, s.cost, s.flags, s.trace_state, s.status_message,
	s.tags, s.dropped_attributes, s.dropped_events, s.dropped_links, s.resource_no, s.scope_no, s.body_no`

// row is a row of spans. Its span has no body, and no Resource and Scope until
// they are resolved.
type row struct {
	span            *trace.Span
	resource, scope int64
	body            int64
}

// scanned is where the columns of a row go that need a conversion.
type scanned struct {
	id, parent, tags                   []byte
	kind, status, flags                int64
	droppedAttrs, droppedEvs, droppedL int64
}

// scan reads a row that begins with the columns of lead and goes on with
// spanColumns.
func (r *row) scan(scan func(...any) error, lead ...any) error {
	s := new(trace.Span)
	var c scanned
	err := scan(append(lead,
		&c.id, &s.Start, &c.kind, &s.Service, &c.parent, &s.End, &s.Name, &s.Type, &c.status, &s.IsError,
		&s.Session, &s.User, &s.Provider, &s.Model, &s.InputTokens, &s.OutputTokens, &s.Cost, &c.flags, &s.TraceState, &s.StatusMessage,
		&c.tags, &c.droppedAttrs, &c.droppedEvs, &c.droppedL, &r.resource, &r.scope, &r.body,
	)...)
	if err != nil {
		return err
	}
	r.span = s
	copy(s.ID[:], c.id)
	copy(s.ParentID[:], c.parent)
	s.Kind, s.Status, s.Flags = trace.Kind(c.kind), trace.Status(c.status), uint32(c.flags)
	s.DroppedAttributes, s.DroppedEvents, s.DroppedLinks = uint32(c.droppedAttrs), uint32(c.droppedEvs), uint32(c.droppedL)
	if len(c.tags) == 0 {
		return nil
	}
	d := decoder{buf: string(c.tags)}
	s.Tags = d.strings()
	return d.end()
}

// args are the values of spanColumns.
func (r *row) args() []any {
	s := r.span
	var parent []byte
	if !s.ParentID.IsZero() {
		parent = s.ParentID[:]
	}
	return []any{
		s.ID[:], int64(s.Start), int64(s.Kind), s.Service, parent, int64(s.End), s.Name, s.Type, int64(s.Status), s.IsError,
		s.Session, s.User, s.Provider, s.Model, nullable(s.InputTokens), nullable(s.OutputTokens), nullable(s.Cost),
		int64(s.Flags), s.TraceState, s.StatusMessage,
		encodeStrings(s.Tags), int64(s.DroppedAttributes), int64(s.DroppedEvents), int64(s.DroppedLinks), r.resource, r.scope, r.body,
	}
}

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

// facets are the fields whose values lead to traces. The numbers are stored.
var facets = []struct {
	no     int64
	field  store.Field
	column string
	of     func(*trace.Span) string
}{
	{1, store.FieldService, "service", func(s *trace.Span) string { return s.Service }},
	{2, store.FieldName, "name", func(s *trace.Span) string { return s.Name }},
	{3, store.FieldType, "type", func(s *trace.Span) string { return s.Type }},
	{4, store.FieldUser, "user", func(s *trace.Span) string { return s.User }},
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

// traceArgs are the values of traceColumns but for trace_id.
func traceArgs(s *trace.Summary) []any {
	return []any{
		s.Name, int64(s.Start), int64(s.End), encodeStrings(s.Services), s.SpanCount, s.ErrorCount, s.RootCount, s.OrphanCount,
		s.Session, s.User, nullable(s.InputTokens), nullable(s.OutputTokens), nullable(s.Cost),
	}
}

const sessionColumns = `x.id, x.start_ns, x.end_ns, x.user, x.trace_count, x.span_count, x.error_count, x.input_tokens, x.output_tokens, x.cost`

func sessionDest(s *trace.SessionSummary) []any {
	return []any{
		&s.ID, &s.Start, &s.End, &s.User, &s.TraceCount, &s.SpanCount, &s.ErrorCount, &s.InputTokens, &s.OutputTokens, &s.Cost,
	}
}

func sessionArgs(s *trace.SessionSummary) []any {
	return []any{
		s.ID, int64(s.Start), int64(s.End), s.User, s.TraceCount, s.SpanCount, s.ErrorCount,
		nullable(s.InputTokens), nullable(s.OutputTokens), nullable(s.Cost),
	}
}
