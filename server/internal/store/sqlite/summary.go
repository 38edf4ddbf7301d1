package sqlite

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// summary writes the row of a trace whose spans are now these, and returns its
// number.
func (w *writer) summary(known bool, no int64, spans []*trace.Span) (int64, error) {
	sum := trace.Summarize(spans)
	if known {
		_, err := w.tx.exec(updateTrace, append(traceArgs(&sum), no)...)
		return no, err
	}
	id := sum.TraceID
	res, err := w.tx.exec(insertTrace, append([]any{id[:], int64(id.Low64())}, traceArgs(&sum)...)...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// facets writes which values lead to a trace.
func (w *writer) facets(traceNo int64, before, after []*trace.Span) error {
	for _, f := range facets {
		err := diff(distinct(before, f.of), distinct(after, f.of), func(v string, gone bool) error {
			q := insertFacet
			if gone {
				q = deleteFacet
			}
			_, err := w.tx.exec(q, f.no, v, traceNo)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// distinct returns the values of a field that spans have, each once, without "".
func distinct(spans []*trace.Span, of func(*trace.Span) string) []string {
	var out []string
	seen := map[string]bool{"": true}
	for _, s := range spans {
		if v := of(s); !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

// service notes that a new span came.
func (w *writer) service(s *trace.Span) {
	v, ok := w.services[s.Service]
	if !ok {
		v = store.Service{Name: s.Service, First: s.Start, Last: s.Start}
	}
	v.First, v.Last, v.SpanCount = min(v.First, s.Start), max(v.Last, s.Start), v.SpanCount+1
	w.services[s.Service] = v
}

// sessionTraces writes what the sessions of a trace are in it.
func (w *writer) sessionTraces(traceNo int64, before, after []*trace.Span) error {
	bySession := map[string][]*trace.Span{}
	for _, s := range after {
		if s.Session != "" {
			bySession[s.Session] = append(bySession[s.Session], s)
		}
	}
	for id, spans := range bySession {
		w.sessions[id] = true
		sum := trace.Summarize(spans)
		userStart := sum.End
		for _, s := range spans {
			if s.User != "" {
				userStart = min(userStart, s.Start)
			}
		}
		_, err := w.tx.exec(upsertSessionTrace, id, traceNo, int64(sum.Start), int64(sum.End), sum.User, int64(userStart),
			sum.SpanCount, sum.ErrorCount, nullable(sum.InputTokens), nullable(sum.OutputTokens), nullable(sum.Cost))
		if err != nil {
			return fmt.Errorf("write session %.80q: %w", id, err)
		}
	}
	for _, s := range before {
		if s.Session == "" || bySession[s.Session] != nil {
			continue
		}
		w.sessions[s.Session] = true
		if _, err := w.tx.exec(deleteSessionTrace, s.Session, traceNo); err != nil {
			return fmt.Errorf("write session %.80q: %w", s.Session, err)
		}
	}
	return nil
}

// finish writes what depends on more than one trace.
func (w *writer) finish() error {
	for name, v := range w.services {
		if _, err := w.tx.exec(upsertService, name, int64(v.First), int64(v.Last), v.SpanCount); err != nil {
			return fmt.Errorf("write service %.80q: %w", name, err)
		}
	}
	for id := range w.sessions {
		if err := w.session(id); err != nil {
			return fmt.Errorf("write session %.80q: %w", id, err)
		}
	}
	return nil
}

// session adds up a session from what it is in each of its traces.
func (w *writer) session(id string) error {
	type part struct {
		trace.SessionSummary
		userStart trace.Time
		trace     []byte
	}
	var parts []part
	err := w.tx.query(tracesOfSession, []any{id}, func(scan func(...any) error) (bool, error) {
		var p part
		err := scan(&p.Start, &p.End, &p.User, &p.userStart, &p.SpanCount, &p.ErrorCount, &p.InputTokens, &p.OutputTokens, &p.Cost, &p.trace)
		parts = append(parts, p)
		return true, err
	})
	if err != nil {
		return err
	}
	if len(parts) == 0 {
		_, err := w.tx.exec(deleteSession, id)
		return err
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.userStart, b.userStart), bytes.Compare(a.trace, b.trace))
	})
	sum := trace.SessionSummary{ID: id, Start: parts[0].Start, End: parts[0].End, TraceCount: len(parts)}
	for _, p := range parts {
		sum.User = cmp.Or(sum.User, p.User)
		sum.Start, sum.End = min(sum.Start, p.Start), max(sum.End, p.End)
		sum.SpanCount += p.SpanCount
		sum.ErrorCount += p.ErrorCount
		sum.InputTokens = trace.Add(sum.InputTokens, p.InputTokens)
		sum.OutputTokens = trace.Add(sum.OutputTokens, p.OutputTokens)
		sum.Cost = trace.Add(sum.Cost, p.Cost)
	}
	_, err = w.tx.exec(upsertSession, sessionArgs(&sum)...)
	return err
}
