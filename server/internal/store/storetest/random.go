package storetest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/measure"
	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

// Random appends random facts to s and to the oracle, some of them again, deletes
// traces, and compares the answers to random queries, steps times. Alphabets are
// small so that everything collides. A failure prints the seed; the same seed
// does the same again. between is called before each step: an engine does there
// what must not change its answers.
func Random(t *testing.T, s store.Store, seed uint64, steps int, between ...func(*rand.Rand)) {
	oracle := memory.New()
	defer func() { _ = oracle.Close() }()
	r := &random{rand.New(rand.NewPCG(seed, 0)), map[string]*trace.Resource{}}
	var sent [][]trace.Fact
	for step := range steps {
		for _, do := range between {
			do(r.Rand)
		}
		facts := make([]trace.Fact, 1+r.IntN(6))
		for i := range facts {
			facts[i] = r.fact()
		}
		if len(sent) > 0 && r.IntN(5) == 0 {
			facts = append(facts, pick(r, sent...)...)
		}
		sent = append(sent, facts)
		if err := oracle.Append(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
		lent, spoil := lend(facts)
		if err := s.Append(t.Context(), lent); err != nil {
			t.Fatalf("seed %d, step %d: append: %v", seed, step, err)
		}
		spoil()
		if r.IntN(4) == 0 {
			ids := []trace.TraceID{r.traceID(), r.traceID(), r.traceID()}
			want, _ := oracle.Delete(t.Context(), ids...)
			got, err := s.Delete(t.Context(), ids...)
			got.Messages = 0
			if err != nil || got != want {
				t.Fatalf("seed %d, step %d: Delete(%v): %+v, %v, want %+v", seed, step, ids, got, err, want)
			}
		}
		for range 8 {
			what, ask := r.question(t)
			want, wantErr := ask(oracle)
			got, err := ask(s)
			if (wantErr == nil) != (err == nil) {
				t.Fatalf("seed %d, step %d: %s: got error %v, want %v", seed, step, what, err, wantErr)
			}
			if reflect.DeepEqual(want, got) {
				continue // as a rule; cmp takes longer
			}
			if d := cmp.Diff(want, got, same); d != "" {
				t.Fatalf("seed %d, step %d: %s differs (-want +got):\n%s", seed, step, what, d)
			}
		}
	}
}

type random struct {
	*rand.Rand
	resources map[string]*trace.Resource // of services
}

func pick[T any](r *random, from ...T) T { return from[r.IntN(len(from))] }

// traceID is one of 24, which are 12 pairs that share their low halves.
func (r *random) traceID() trace.TraceID {
	id := traceID(uint64(1 + r.IntN(12)))
	id[0] = byte(r.IntN(2))
	return id
}

func (r *random) spanID() trace.SpanID { return spanID(uint64(1 + r.IntN(5))) }
func (r *random) service() string      { return pick(r, "api", "planner", "worker") }
func (r *random) name() string         { return pick(r, "GET", "plan", "run", "Plan B", "\u00c4pfel") }
func (r *random) session() string      { return pick(r, "", "", "s1", "s2", "s3") }
func (r *random) user() string         { return pick(r, "", "ann", "bob") }
func (r *random) typ() string          { return pick(r, "DEFAULT", "LLM", "TOOL") }

// time is within a fifth of a second, as a rule of the first hour.
func (r *random) time() trace.Time {
	t := at(r.IntN(40) * 5)
	if r.IntN(5) == 0 {
		t += pick(r, hour, 2*hour, 26*hour)
	}
	return t
}

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

func (r *random) fact() trace.Fact {
	if r.IntN(5) == 0 {
		return trace.Fact{Kind: trace.Happened, Span: &trace.Span{TraceID: r.traceID(), ID: r.spanID(), Events: r.events()}}
	}
	s := r.span()
	if r.IntN(4) == 0 {
		s.End = 0
		return trace.Fact{Kind: trace.Opened, Span: s}
	}
	return trace.Fact{Kind: trace.Finished, Span: s}
}

func (r *random) events() []trace.Event {
	out := make([]trace.Event, 1+r.IntN(2))
	for i := range out {
		out[i] = event(pick(r, "a", "b", trace.AnnotationEvent), r.IntN(5))
		if out[i].Name == trace.AnnotationEvent {
			out[i].Attributes = append(out[i].Attributes,
				trace.Attribute{Key: trace.TagsKey, Value: trace.ArrayValue(trace.StringValue(pick(r, "x", "y")))},
				trace.Attribute{Key: trace.MetadataPrefix + "k", Value: trace.IntValue(int64(r.IntN(3)))})
		}
	}
	return out
}

var scopes = []*trace.Scope{{Name: "x"}, {Name: "y"}}

// resource is as a rule that of the service's last span.
func (r *random) resource(service string) *trace.Resource {
	if r.resources[service] == nil || r.IntN(4) == 0 {
		r.resources[service] = &trace.Resource{Attributes: trace.Attributes{{Key: "service.name", Value: trace.StringValue(service)}}}
	}
	return r.resources[service]
}

// span makes a random span. What is derived also goes into an attribute, as in
// real data: versions that differ must differ in what was received.
func (r *random) span() *trace.Span {
	s := &trace.Span{
		TraceID: r.traceID(), ID: r.spanID(), Name: r.name(), Start: r.time(),
		Kind: pick(r, trace.KindInternal, trace.KindClient, trace.KindServer), Status: trace.Status(r.IntN(3)),
		Scope: pick(r, scopes...),
	}
	s.End = s.Start + trace.Time(r.IntN(3))*50*ms
	if r.IntN(3) > 0 {
		s.ParentID = r.spanID()
	}
	s.Derived = trace.Derived{
		Service: r.service(), Type: r.typ(), Session: r.session(), User: r.user(), IsError: s.Status == trace.StatusError,
		Input:  pick(r, "", "the thread", `[{"say":"the thread"}]`, `[{"say":"the thread"},{"say":"lost% in there"}]`, `{"m":[{"say":"lost% in there"}],"of":"the thread"}`),
		Output: pick(r, "", "lost% in there", `[{"say":"lost% in there"}]`), Model: pick(r, "", "m"),
	}
	if r.IntN(2) == 0 {
		s.InputTokens, s.Cost = ptr(int64(r.IntN(5))), ptr(trace.Money(r.IntN(40)))
	}
	if r.IntN(3) == 0 {
		s.OutputTokens, s.Tags, s.Metadata = ptr(int64(r.IntN(5))), []string{"t"}, map[string]any{"k": int64(r.IntN(3))}
	}
	s.Resource = r.resource(s.Service)
	attribute("derived", trace.StringValue(fmt.Sprintf("%s %s %s %q %q %v %v %v", s.Type, s.Session, s.User, s.Input, s.Output,
		s.InputTokens != nil, s.Tags, s.Metadata)))(s)
	if s.Cost != nil {
		attribute("cost", trace.IntValue(int64(*s.Cost)))(s)
		attribute("tokens", trace.IntValue(*s.InputTokens))(s)
	}
	if s.OutputTokens != nil {
		attribute("out", trace.IntValue(*s.OutputTokens))(s)
	}
	if s.Model != "" {
		attribute("model", trace.StringValue(s.Model))(s)
	}
	if r.IntN(3) == 0 {
		attribute("messaging.message.id", trace.StringValue(pick(r, "m1", "m2")))(s)
	}
	if r.IntN(3) == 0 {
		s.Events = r.events()
		s.Events[0].Name = "own"
	}
	return s
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

// answer is what a listing says in all its pages.
type answer[T any] struct {
	Items []T
	Pages int
}

func pages[T any](limit int, sort query.Sort, list func(query.Page) ([]T, string, error)) (a answer[T], err error) {
	for p := (query.Page{Limit: limit, Sort: sort}); ; {
		items, next, err := list(p)
		if err != nil {
			return a, err
		}
		a.Items = append(a.Items, items...)
		a.Pages++
		if p.Cursor = next; next == "" {
			return a, nil
		}
	}
}

// question returns a random query and its description.
func (r *random) question(t *testing.T) (what string, ask func(store.Store) (any, error)) {
	ctx := t.Context()
	switch r.IntN(16) {
	case 14, 15:
		f, g := r.filter(), r.grouping()
		if r.IntN(2) == 0 { // whole hours
			f.From -= f.From % hour
			f.To -= f.To % hour
		}
		return fmt.Sprintf("Aggregate(%+v, %+v)", f, g), func(s store.Store) (any, error) { return s.Aggregate(ctx, f, g) }
	case 0:
		id := r.traceID()
		return fmt.Sprintf("Outline(%s)", id), func(s store.Store) (any, error) {
			spans, err := s.Outline(ctx, id)
			return outlines(spans), err
		}
	case 1:
		id := r.traceID()
		return fmt.Sprintf("Spans(%s)", id), func(s store.Store) (any, error) { return s.Spans(ctx, id) }
	case 2:
		id, spans := r.traceID(), []trace.SpanID{r.spanID(), r.spanID()}
		return fmt.Sprintf("Spans(%s, %v)", id, spans), func(s store.Store) (any, error) { return s.Spans(ctx, id, spans...) }
	case 3:
		ids := []trace.TraceID{r.traceID(), r.traceID(), r.traceID()}
		return fmt.Sprintf("Summaries(%v)", ids), func(s store.Store) (any, error) {
			sums, err := s.Summaries(ctx, ids...)
			slices.SortFunc(sums, func(a, b trace.Summary) int { return slices.Compare(a.TraceID[:], b.TraceID[:]) })
			return sums, err
		}
	case 4, 5:
		f, limit, sort := r.filter(), 1+r.IntN(5), r.sort(query.ListOfTraces)
		return fmt.Sprintf("Traces(%+v) by %d, sort:%s", f, limit, sort), func(s store.Store) (any, error) {
			return pages(limit, sort, func(p query.Page) ([]trace.Summary, string, error) { return s.Traces(ctx, f, p) })
		}
	case 6, 7:
		f, limit, sort := r.filter(), 1+r.IntN(3), r.sort(query.ListOfSessions)
		return fmt.Sprintf("Sessions(%+v) by %d, sort:%s", f, limit, sort), func(s store.Store) (any, error) {
			return pages(limit, sort, func(p query.Page) ([]trace.SessionSummary, string, error) { return s.Sessions(ctx, f, p) })
		}
	case 8:
		field, prefix, limit := pick(r, store.Fields...), pick(r, "", "", "s", "p", "P"), r.IntN(5)
		return fmt.Sprintf("Values(%s, %q, %d)", field, prefix, limit), func(s store.Store) (any, error) {
			return s.Values(ctx, field, prefix, limit)
		}
	case 9, 10:
		f, limit, sort := r.filter(), 1+r.IntN(20), r.sort(query.ListOfSpans)
		return fmt.Sprintf("Search(%+v) by %d, sort:%s", f, limit, sort), func(s store.Store) (any, error) {
			a, err := pages(limit, sort, func(p query.Page) ([]store.Found, string, error) { return s.Search(ctx, f, p) })
			for i := range a.Items {
				a.Items[i].Span = outlines([]*trace.Span{a.Items[i].Span})[0]
			}
			return a, err
		}
	case 11:
		f, limit, whole := r.filter(), 1+r.IntN(20), r.IntN(2) == 0
		return fmt.Sprintf("Scan(%+v) by %d, whole: %v", f, limit, whole), func(s store.Store) (any, error) {
			a, err := pages(limit, query.Sort{}, func(p query.Page) ([]*trace.Span, string, error) { return s.Scan(ctx, f, p, whole) })
			if !whole {
				a.Items = outlines(a.Items)
			}
			return a.Items, err
		}
	case 12:
		id, hints, from, to, limit := r.traceID(), []string{"messaging.message.id=m1", "messaging.message.id=m2"}, r.time(), r.time(), r.IntN(8)
		return fmt.Sprintf("Hinted(%s, %d, %d, %d)", id, from, to, limit), func(s store.Store) (any, error) {
			found, err := s.Hinted(ctx, id, hints, from, to, limit)
			for i := range found {
				found[i].Span = outlines([]*trace.Span{found[i].Span})[0]
				found[i].Span.Tags = nil // may be without those of annotations
			}
			return found, err
		}
	default:
		id, sess := r.traceID(), r.session()
		return fmt.Sprintf("Sharing(%s), Session(%s), Services, Stats", id, sess), func(s store.Store) (any, error) {
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
	}
}
