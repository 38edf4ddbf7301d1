package storetest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

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
			what, ask := r.question()
			want, wantErr := ask(t.Context(), oracle)
			got, err := ask(t.Context(), s)
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
