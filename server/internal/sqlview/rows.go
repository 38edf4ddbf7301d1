package sqlview

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"

	"github.com/clewhq/clew/server/internal/dialect"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// How many rows are read at a time: few at first, for queries that want no more.
const (
	firstPage = 256
	nextPage  = 4096
	listPage  = 500
)

// openSpans reads outlines, or whole spans when the query uses a column that
// needs them.
func openSpans(r *run, p plan) func() ([]any, error) {
	body := false
	for i, c := range p.view.Columns {
		body = body || c.body && p.used&(1<<i) != 0
	}
	spans := r.spans(p, body)
	return func() ([]any, error) {
		found, err := spans()
		return anys(found), err
	}
}

// spans returns a function that returns the next spans of a plan, and none at
// the end.
func (r *run) spans(p plan, body bool) func() ([]*trace.Span, error) {
	complete := func(spans []*trace.Span) []*trace.Span {
		for _, s := range spans {
			if body {
				r.engine.deriver.Complete(s)
			}
		}
		return spans
	}
	if p.trace != nil {
		return once(func() ([]*trace.Span, error) {
			read := r.engine.store.Outline
			if body {
				read = func(ctx context.Context, id trace.TraceID) ([]*trace.Span, error) {
					return r.engine.store.Spans(ctx, id)
				}
			}
			spans, err := read(r.ctx, *p.trace)
			return complete(spans), unlessMissing(err)
		})
	}
	page := query.Page{Limit: firstPage}
	done := false
	return func() ([]*trace.Span, error) {
		for !done {
			spans, next, err := r.engine.store.Scan(r.ctx, p.filter, page, body)
			if err != nil {
				return nil, err
			}
			done = next == ""
			page.Cursor, page.Limit = next, nextPage
			if body {
				page.Limit = firstPage
			}
			if len(spans) > 0 {
				return complete(spans), nil
			}
		}
		return nil, nil
	}
}

func openTraces(r *run, p plan) func() ([]any, error) {
	if p.trace != nil {
		return once(func() ([]any, error) {
			found, err := r.engine.store.Summaries(r.ctx, *p.trace)
			return pointers(found), err
		})
	}
	return r.list(func(page query.Page) ([]any, string, error) {
		found, next, err := r.engine.store.Traces(r.ctx, p.filter, page)
		return pointers(found), next, err
	})
}

func openSessions(r *run, p plan) func() ([]any, error) {
	if p.filter.Session != "" {
		return once(func() ([]any, error) {
			found, err := r.engine.store.Session(r.ctx, p.filter.Session)
			if err != nil {
				return nil, unlessMissing(err)
			}
			return []any{&found}, nil
		})
	}
	return r.list(func(page query.Page) ([]any, string, error) {
		found, next, err := r.engine.store.Sessions(r.ctx, p.filter, page)
		return pointers(found), next, err
	})
}

// list reads a listing of the store to its end.
func (r *run) list(read func(query.Page) ([]any, string, error)) func() ([]any, error) {
	page, done := query.Page{Limit: firstPage}, false
	return func() ([]any, error) {
		if done {
			return nil, nil
		}
		rows, next, err := read(page)
		page.Cursor, page.Limit, done = next, listPage, next == ""
		return rows, err
	}
}

// message is a row of messages.
type message struct {
	of        *trace.Span
	direction string
	position  int
	said      dialect.Message
	isNew     bool
}

func (m *message) span() *trace.Span { return m.of }

func (m *message) text() string {
	var texts []string
	for _, p := range m.said.Parts {
		if p.Type == dialect.Text {
			texts = append(texts, p.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// parts are a message's parts, as the API has them.
func (m *message) parts() []map[string]any {
	out := make([]map[string]any, len(m.said.Parts))
	for i, p := range m.said.Parts {
		part := map[string]any{"type": string(p.Type)}
		for key, value := range map[string]string{"text": p.Text, "id": p.ID, "name": p.Name, "modality": p.Modality, "mime_type": p.MIME, "url": p.URL} {
			if value != "" {
				part[key] = value
			}
		}
		if p.Value != nil {
			part["value"] = p.Value
		}
		if p.Failed {
			part["failed"] = true
		}
		if p.Bytes > 0 {
			part["bytes"] = p.Bytes
		}
		out[i] = part
	}
	return out
}

// openMessages reads whole spans. To say which messages are new it must see all
// spans of their traces.
func openMessages(r *run, p plan) func() ([]any, error) {
	for i, c := range p.view.Columns {
		if c.Name == "is_new" && p.used&(1<<i) != 0 {
			p.filter = query.Filter{}
		}
	}
	spans := r.spans(p, true)
	var seen map[[sha256.Size]byte]trace.SpanID // in the trace: the first span that has a message
	var of trace.TraceID
	return func() ([]any, error) {
		for {
			found, err := spans()
			if err != nil || len(found) == 0 {
				return nil, err
			}
			var out []any
			for _, s := range found {
				if err := r.ctx.Err(); err != nil {
					return nil, err
				}
				if seen == nil || s.TraceID != of {
					seen, of = map[[sha256.Size]byte]trace.SpanID{}, s.TraceID
				}
				out = append(out, messagesOf(r, s, seen)...)
			}
			if len(out) > 0 {
				return out, nil
			}
		}
	}
}

func messagesOf(r *run, s *trace.Span, seen map[[sha256.Size]byte]trace.SpanID) []any {
	if s.Input == "" && s.Output == "" {
		return nil
	}
	view, _ := r.engine.deriver.View(s)
	var out []any
	add := func(direction string, messages []dialect.Message) {
		for i, said := range messages {
			m := &message{of: s, direction: direction, position: i, said: said}
			b, _ := json.Marshal([]any{said.Role, said.Name, m.parts()}) // parts are of JSON
			key := sha256.Sum256(b)
			first, ok := seen[key]
			if !ok {
				first = s.ID
				seen[key] = first
			}
			m.isNew = first == s.ID
			out = append(out, m)
		}
	}
	add("input", view.Messages)
	add("output", view.Answer)
	return out
}

// once returns a function that returns rows the first time, then none.
func once[T any](read func() ([]T, error)) func() ([]T, error) {
	done := false
	return func() ([]T, error) {
		if done {
			return nil, nil
		}
		done = true
		return read()
	}
}

func unlessMissing(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = list[i]
	}
	return out
}

func pointers[T any](list []T) []any {
	out := make([]any, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}
