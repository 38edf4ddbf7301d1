package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// where is a random expression: mostly of one term.
func (r *random) where() query.Expr {
	term := func() string {
		return pick(r, "", "", "plan", "THREAD", "lost*", `"the thread"`, "\u00e4pfel", "m1", `"nothing like it"`, "own", "service:api", "-type:LLM",
			"error:true", "root:true", "open:true", "user:*", "cost>0.00000000001", "tokens<=3", "duration>=50ms", "@cost>2", "messaging.message.id:m2", "metadata.k:1",
			"{status:error}", "-{service:worker}", "trace.spans>2", "trace.cost>.00000000003", "tag:t", "input:thread", `session:""`)
	}
	text := term()
	switch r.IntN(4) {
	case 0:
		text += " " + term()
	case 1:
		if other := term(); text != "" && other != "" {
			text = "(" + text + " OR " + other + ") " + term()
		}
	}
	if r.IntN(4) == 0 {
		text += " distinct:true"
	}
	return where(text)
}

func (r *random) filter() query.Filter {
	var f query.Filter
	maybe := func(dest *string, v string) {
		if r.IntN(4) == 0 {
			*dest = v
		}
	}
	maybe(&f.Service, r.service())
	maybe(&f.Name, r.name())
	maybe(&f.Session, r.session())
	maybe(&f.User, r.user())
	maybe(&f.Type, r.typ())
	maybe(&f.Status, pick(r, "unset", "ok", "error"))
	if r.IntN(3) == 0 {
		f.Where = r.where()
	}
	if r.IntN(4) == 0 {
		f.From = r.time()
	}
	if r.IntN(4) == 0 {
		f.To = r.time()
	}
	return f
}

// sort is a random order of a list: mostly its own.
func (r *random) sort(l query.List) query.Sort {
	if r.IntN(2) == 0 {
		return query.Sort{}
	}
	return query.Sort{By: pick(r, query.Orders(l)...), Desc: r.IntN(2) == 0}
}

// grouping is random; hours and days lie about where the spans are.
func (r *random) grouping() measure.Grouping {
	g := measure.Grouping{By: pick(r, append(measure.Fields(), "", "model", "name")...), Rank: pick(r, measure.Ranks()...), Top: r.IntN(4)}
	switch r.IntN(4) {
	case 0:
		g.Buckets = 1 + r.IntN(30)
	case 1:
		g.Width = pick(r, 10*time.Millisecond, time.Second, time.Minute)
	case 2:
		g.Width = pick(r, time.Hour, 24*time.Hour)
	}
	return g
}

// question is put to a store, which answers.
type question func(context.Context, store.Store) (any, error)

// questions are all that a store can be asked, each with how often it is, as its
// part of all. One makes itself up from r, and says what it is.
var questions = []struct {
	weight int
	random func(r *random) (what string, ask question)
}{
	{1, func(r *random) (string, question) {
		id := r.traceID()
		return fmt.Sprintf("Outline(%s)", id), func(ctx context.Context, s store.Store) (any, error) {
			spans, err := s.Outline(ctx, id)
			return outlines(spans), err
		}
	}},
	{1, func(r *random) (string, question) {
		id := r.traceID()
		return fmt.Sprintf("Spans(%s)", id), func(ctx context.Context, s store.Store) (any, error) { return s.Spans(ctx, id) }
	}},
	{1, func(r *random) (string, question) {
		id, spans := r.traceID(), []trace.SpanID{r.spanID(), r.spanID()}
		return fmt.Sprintf("Spans(%s, %v)", id, spans), func(ctx context.Context, s store.Store) (any, error) { return s.Spans(ctx, id, spans...) }
	}},
	{1, func(r *random) (string, question) {
		ids := []trace.TraceID{r.traceID(), r.traceID(), r.traceID()}
		return fmt.Sprintf("Summaries(%v)", ids), func(ctx context.Context, s store.Store) (any, error) {
			sums, err := s.Summaries(ctx, ids...)
			slices.SortFunc(sums, func(a, b trace.Summary) int { return slices.Compare(a.TraceID[:], b.TraceID[:]) })
			return sums, err
		}
	}},
	{2, func(r *random) (string, question) {
		f, limit, sort := r.filter(), 1+r.IntN(5), r.sort(query.ListOfTraces)
		return fmt.Sprintf("Traces(%+v) by %d, sort:%s", f, limit, sort), func(ctx context.Context, s store.Store) (any, error) {
			return pages(ctx, s.Traces, f, query.Page{Limit: limit, Sort: sort})
		}
	}},
	{2, func(r *random) (string, question) {
		f, limit, sort := r.filter(), 1+r.IntN(3), r.sort(query.ListOfSessions)
		return fmt.Sprintf("Sessions(%+v) by %d, sort:%s", f, limit, sort), func(ctx context.Context, s store.Store) (any, error) {
			return pages(ctx, s.Sessions, f, query.Page{Limit: limit, Sort: sort})
		}
	}},
	{1, func(r *random) (string, question) {
		field, prefix, limit := pick(r, store.Fields...), pick(r, "", "", "s", "p", "P"), r.IntN(5)
		return fmt.Sprintf("Values(%s, %q, %d)", field, prefix, limit), func(ctx context.Context, s store.Store) (any, error) {
			return s.Values(ctx, field, prefix, limit)
		}
	}},
	{2, func(r *random) (string, question) {
		f, limit, sort := r.filter(), 1+r.IntN(20), r.sort(query.ListOfSpans)
		return fmt.Sprintf("Search(%+v) by %d, sort:%s", f, limit, sort), func(ctx context.Context, s store.Store) (any, error) {
			a, err := pages(ctx, s.Search, f, query.Page{Limit: limit, Sort: sort})
			for i := range a.Items {
				a.Items[i].Span = outlines([]*trace.Span{a.Items[i].Span})[0]
			}
			return a, err
		}
	}},
	{1, func(r *random) (string, question) {
		f, limit, whole := r.filter(), 1+r.IntN(20), r.IntN(2) == 0
		return fmt.Sprintf("Scan(%+v) by %d, whole: %v", f, limit, whole), func(ctx context.Context, s store.Store) (any, error) {
			scan := func(ctx context.Context, f query.Filter, p query.Page) ([]*trace.Span, string, error) {
				return s.Scan(ctx, f, p, whole)
			}
			a, err := pages(ctx, scan, f, query.Page{Limit: limit})
			if !whole {
				a.Items = outlines(a.Items)
			}
			return a.Items, err
		}
	}},
	{1, func(r *random) (string, question) {
		id, hints, from, to, limit := r.traceID(), []string{"messaging.message.id=m1", "messaging.message.id=m2"}, r.time(), r.time(), r.IntN(8)
		return fmt.Sprintf("Hinted(%s, %d, %d, %d)", id, from, to, limit), func(ctx context.Context, s store.Store) (any, error) {
			found, err := s.Hinted(ctx, id, hints, from, to, limit)
			for i := range found {
				found[i].Span = outlines([]*trace.Span{found[i].Span})[0]
				found[i].Span.Tags = nil // may be without those of annotations
			}
			return found, err
		}
	}},
	{1, func(r *random) (string, question) {
		id, sess := r.traceID(), r.session()
		return fmt.Sprintf("Sharing(%s), Session(%s), Services, Stats", id, sess), func(ctx context.Context, s store.Store) (any, error) {
			shared, err := s.Sharing(ctx, id, 3)
			if err != nil {
				return nil, err
			}
			services, err := s.Services(ctx, "api", "worker")
			if err != nil {
				return nil, err
			}
			slices.SortFunc(services, func(a, b store.Service) int { return strings.Compare(a.Name, b.Name) })
			stats, err := s.Stats(ctx)
			if err != nil {
				return nil, err
			}
			stats.Bytes, stats.Free = 0, 0
			sum, err := s.Session(ctx, sess)
			if err != nil {
				return nil, err
			}
			return []any{shared, services, stats, sum}, nil
		}
	}},
	{2, func(r *random) (string, question) {
		f, g := r.filter(), r.grouping()
		if r.IntN(2) == 0 { // whole hours
			f.From -= f.From % hour
			f.To -= f.To % hour
		}
		return fmt.Sprintf("Aggregate(%+v, %+v)", f, g), func(ctx context.Context, s store.Store) (any, error) { return s.Aggregate(ctx, f, g) }
	}},
}

// question is one of questions.
func (r *random) question() (what string, ask question) {
	all := 0
	for _, q := range questions {
		all += q.weight
	}
	n := r.IntN(all)
	for _, q := range questions {
		if n -= q.weight; n < 0 {
			return q.random(r)
		}
	}
	panic("the weights are their sum")
}
