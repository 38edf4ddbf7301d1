package sqlview

import (
	"github.com/clewhq/clew/server/internal/trace"
)

// View is a table that queries read.
type View struct {
	Name    string
	Help    string
	Columns []Column
	open    func(r *run, p plan) func() ([]any, error)
}

// Column is one column of a view.
type Column struct {
	Name string
	Type string // TEXT, INTEGER or REAL, of values that are known; others are NULL
	Help string

	body   bool // the store must read whole spans for it
	pushed push // what of it the store can look up
	get    func(row any) any
}

// views is THE TABLE of views.
var views = []View{
	{"spans", "a row a span", slicesOf(spanColumns[*trace.Span](), bodyColumns), openSpans},
	{"traces", "a row a trace, added up over its spans", traceColumns, openTraces},
	{"sessions", "a row a session, added up over the spans that carry its id", sessionColumns, openSessions},
	{"messages", "a row a message of a model call's conversation; each call repeats what was said before", messageColumns, openMessages},
}

// Views returns the views.
func Views() []View { return views }

func viewNamed(name string) *View {
	for i := range views {
		if views[i].Name == name {
			return &views[i]
		}
	}
	return nil
}

// column makes a column of a view whose rows are Ts.
func column[T any](name, kind, help string, get func(T) any) Column {
	return Column{Name: name, Type: kind, Help: help, get: func(row any) any { return get(row.(T)) }}
}

func (c Column) lookUp(what push) Column { c.pushed = what; return c }
func (c Column) ofBody() Column          { c.body = true; return c }

func slicesOf(lists ...[]Column) []Column {
	var out []Column
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// text is NULL when there is none.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func whole(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

func dollars(m *trace.Money) any {
	if m == nil {
		return nil
	}
	return m.Dollars()
}

func bit(b bool) any {
	if b {
		return int64(1)
	}
	return int64(0)
}

func millis(ns int64) float64 { return float64(ns) / 1e6 }

const (
	textType = "TEXT"
	intType  = "INTEGER"
	realType = "REAL"
)

// ofSpan is a row that has a span.
type ofSpan interface{ span() *trace.Span }

func get[T any](f func(*trace.Span) any) func(T) any {
	return func(row T) any {
		switch row := any(row).(type) {
		case *trace.Span:
			return f(row)
		case ofSpan:
			return f(row.span())
		}
		return nil
	}
}

// spanColumns are the columns of outlines; T is *trace.Span or an ofSpan.
func spanColumns[T any]() []Column {
	c := func(name, kind, help string, f func(*trace.Span) any) Column {
		return column(name, kind, help, get[T](f))
	}
	return []Column{
		c("trace_id", textType, "32 hex digits", func(s *trace.Span) any { return s.TraceID.String() }).lookUp(byTrace),
		c("span_id", textType, "16 hex digits", func(s *trace.Span) any { return s.ID.String() }),
		c("parent_span_id", textType, "NULL for a root", func(s *trace.Span) any {
			if s.ParentID.IsZero() {
				return nil
			}
			return s.ParentID.String()
		}),
		c("name", textType, "name of the span", func(s *trace.Span) any { return s.Name }).lookUp(byName),
		c("service", textType, "service that sent it", func(s *trace.Span) any { return text(s.Service) }).lookUp(byService),
		c("type", textType, "DEFAULT, LLM, TOOL, …", func(s *trace.Span) any { return s.Type }).lookUp(byType),
		c("kind", textType, "unspecified, internal, server, client, producer or consumer", func(s *trace.Span) any { return s.Kind.String() }),
		c("status", textType, "unset, ok or error", func(s *trace.Span) any { return s.Status.String() }).lookUp(byStatus),
		c("status_message", textType, "why it failed", func(s *trace.Span) any { return text(s.StatusMessage) }),
		c("is_error", intType, "1 when it failed, else 0", func(s *trace.Span) any { return bit(s.IsError) }),
		c("is_open", intType, "1 when it has not ended, else 0", func(s *trace.Span) any { return bit(s.Open()) }),
		c("start_time", textType, "UTC, 2026-11-21 10:00:00.000000000", func(s *trace.Span) any { return timeText(s.Start) }).lookUp(byStartText),
		c("end_time", textType, "likewise; NULL while it is open", func(s *trace.Span) any {
			if s.Open() {
				return nil
			}
			return timeText(s.End)
		}),
		c("start_ns", intType, "nanoseconds since 1970", func(s *trace.Span) any { return int64(s.Start) }).lookUp(byStart),
		c("duration_ms", realType, "milliseconds; NULL while it is open", func(s *trace.Span) any {
			if s.Open() {
				return nil
			}
			return millis(s.Duration())
		}),
		c("session_id", textType, "", func(s *trace.Span) any { return text(s.Session) }).lookUp(bySession),
		c("user_id", textType, "", func(s *trace.Span) any { return text(s.User) }).lookUp(byUser),
		c("provider", textType, "model provider", func(s *trace.Span) any { return text(s.Provider) }),
		c("model", textType, "", func(s *trace.Span) any { return text(s.Model) }),
		c("input_tokens", intType, "", func(s *trace.Span) any { return whole(s.InputTokens) }),
		c("output_tokens", intType, "", func(s *trace.Span) any { return whole(s.OutputTokens) }),
		c("cost", realType, "US dollars", func(s *trace.Span) any { return dollars(s.Cost) }),
		c("tags", textType, "JSON array of strings", func(s *trace.Span) any { return asJSON(len(s.Tags) == 0, s.Tags) }),
		c("scope", textType, "instrumentation that made it", func(s *trace.Span) any { return text(s.Scope.Name) }),
	}
}

// bodyColumns are the columns for which a span must be read whole.
var bodyColumns = []Column{
	column("input", textType, "JSON or plain text, as sent", func(s *trace.Span) any { return text(s.Input) }).ofBody(),
	column("output", textType, "likewise", func(s *trace.Span) any { return text(s.Output) }).ofBody(),
	column("metadata", textType, "JSON object", func(s *trace.Span) any { return asJSON(len(s.Metadata) == 0, s.Metadata) }).ofBody(),
	column("attributes", textType, "JSON object: attributes ->> 'http.route'", func(s *trace.Span) any { return attributesJSON(s.Attributes) }).ofBody(),
	column("events", textType, "JSON array of {name, time, attributes}", func(s *trace.Span) any { return eventsJSON(s.Events) }).ofBody(),
	column("links", textType, "JSON array of {trace_id, span_id, attributes}", func(s *trace.Span) any { return linksJSON(s.Links) }).ofBody(),
	column("resource", textType, "JSON object: what is known of the process", func(s *trace.Span) any { return attributesJSON(s.Resource.Attributes) }).ofBody(),
}

var traceColumns = []Column{
	column("trace_id", textType, "32 hex digits", func(t *trace.Summary) any { return t.TraceID.String() }).lookUp(byTrace),
	column("name", textType, "name of the earliest root", func(t *trace.Summary) any { return t.Name }).lookUp(byName),
	column("services", textType, "JSON array of strings", func(t *trace.Summary) any { return asJSON(len(t.Services) == 0, t.Services) }),
	column("start_time", textType, "UTC, 2026-11-21 10:00:00.000000000", func(t *trace.Summary) any { return timeText(t.Start) }).lookUp(byStartText),
	column("end_time", textType, "likewise: the last end so far", func(t *trace.Summary) any { return timeText(t.End) }),
	column("start_ns", intType, "nanoseconds since 1970", func(t *trace.Summary) any { return int64(t.Start) }).lookUp(byStart),
	column("duration_ms", realType, "milliseconds", func(t *trace.Summary) any { return millis(t.Duration()) }),
	column("span_count", intType, "", func(t *trace.Summary) any { return int64(t.SpanCount) }),
	column("error_count", intType, "spans that failed", func(t *trace.Summary) any { return int64(t.ErrorCount) }),
	column("root_count", intType, "spans without a parent", func(t *trace.Summary) any { return int64(t.RootCount) }),
	column("orphan_count", intType, "spans whose parent was never received", func(t *trace.Summary) any { return int64(t.OrphanCount) }),
	column("session_id", textType, "of the earliest span that has one", func(t *trace.Summary) any { return text(t.Session) }).lookUp(bySession),
	column("user_id", textType, "likewise", func(t *trace.Summary) any { return text(t.User) }).lookUp(byUser),
	column("input_tokens", intType, "", func(t *trace.Summary) any { return whole(t.InputTokens) }),
	column("output_tokens", intType, "", func(t *trace.Summary) any { return whole(t.OutputTokens) }),
	column("cost", realType, "US dollars", func(t *trace.Summary) any { return dollars(t.Cost) }),
}

var sessionColumns = []Column{
	column("session_id", textType, "", func(s *trace.SessionSummary) any { return s.ID }).lookUp(bySession),
	column("user_id", textType, "of the earliest span that has one", func(s *trace.SessionSummary) any { return text(s.User) }).lookUp(byUser),
	column("start_time", textType, "UTC, 2026-11-21 10:00:00.000000000", func(s *trace.SessionSummary) any { return timeText(s.Start) }).lookUp(byStartText),
	column("end_time", textType, "likewise: the last end so far", func(s *trace.SessionSummary) any { return timeText(s.End) }),
	column("start_ns", intType, "nanoseconds since 1970", func(s *trace.SessionSummary) any { return int64(s.Start) }).lookUp(byStart),
	column("trace_count", intType, "", func(s *trace.SessionSummary) any { return int64(s.TraceCount) }),
	column("span_count", intType, "", func(s *trace.SessionSummary) any { return int64(s.SpanCount) }),
	column("error_count", intType, "spans that failed", func(s *trace.SessionSummary) any { return int64(s.ErrorCount) }),
	column("input_tokens", intType, "", func(s *trace.SessionSummary) any { return whole(s.InputTokens) }),
	column("output_tokens", intType, "", func(s *trace.SessionSummary) any { return whole(s.OutputTokens) }),
	column("cost", realType, "US dollars", func(s *trace.SessionSummary) any { return dollars(s.Cost) }),
}

var messageColumns = slicesOf(keep(spanColumns[*message](), "trace_id", "span_id", "service", "start_time", "start_ns", "session_id", "user_id", "provider", "model"), []Column{
	column("direction", textType, "input or output of the span", func(m *message) any { return m.direction }),
	column("position", intType, "place in the conversation, from 0", func(m *message) any { return int64(m.position) }),
	column("role", textType, "system, user, assistant, tool, …", func(m *message) any { return text(m.said.Role) }),
	column("name", textType, "who or which tool speaks", func(m *message) any { return text(m.said.Name) }),
	column("finish_reason", textType, "why the model stopped; only of answers", func(m *message) any { return text(m.said.Finish) }),
	column("text", textType, "what is said, without reasoning and calls of tools", func(m *message) any { return text(m.text()) }),
	column("parts", textType, "JSON array of {type, text, id, name, value, …}", func(m *message) any { return asJSON(len(m.said.Parts) == 0, m.parts()) }),
	column("is_new", intType, "1 when no earlier span of the trace has the message, else 0", func(m *message) any { return bit(m.isNew) }),
})

// keep returns the named columns.
func keep(columns []Column, names ...string) []Column {
	var out []Column
	for _, name := range names {
		for _, c := range columns {
			if c.Name == name {
				out = append(out, c)
			}
		}
	}
	return out
}
