package clew_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
)

func TestRulesDecideWhichSpansAreSampled(t *testing.T) {
	rules := []clew.SamplingRule{
		{Name: "GET /health*", Keep: 0},
		{Type: clew.LLM, Attrs: []attribute.KeyValue{attribute.String("model", "toy")}, Keep: 0},
		{Attrs: []attribute.KeyValue{attribute.Bool("important", true)}, Keep: 1},
		{Name: "a*b*c", Type: clew.TOOL, Keep: 1},
	}
	for name, tc := range map[string]struct {
		span string
		opts []clew.SpanOption
		want bool
	}{
		"nothing holds":          {"job", nil, false},
		"a name":                 {"GET /healthz/live", []clew.SpanOption{clew.Attr(attribute.Bool("important", true))}, false},
		"an attribute":           {"job", []clew.SpanOption{clew.Attr(attribute.Bool("important", true))}, true},
		"an attribute otherwise": {"job", []clew.SpanOption{clew.Attr(attribute.Bool("important", false))}, false},
		"type and attribute":     {"job", []clew.SpanOption{clew.LLM, clew.Attr(attribute.String("model", "toy"), attribute.Bool("important", true))}, false},
		"name and type":          {"a-b-c", []clew.SpanOption{clew.TOOL}, true},
		"name without type":      {"a-b-c", nil, false},
		"name with a long end":   {"abc", []clew.SpanOption{clew.TOOL}, true},
		"name in a wrong order":  {"acb", []clew.SpanOption{clew.TOOL}, false},
		"name with overlap":      {"ac", []clew.SpanOption{clew.TOOL}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t, clew.Sample(0, rules...))
			_ = clew.Run(t.Context(), tc.span, func(ctx context.Context) error { return clew.Run(ctx, "child", nothing) }, tc.opts...)
			if got := len(r.Spans()) == 2; got != tc.want {
				t.Errorf("sampled: %v, want %v", got, tc.want)
			}
		})
	}
}

func TestARuleLeavesOutASpanAndAllBelowIt(t *testing.T) {
	r := clewtest.Record(t, clew.Sample(1, clew.SamplingRule{Name: "poll"}, clew.SamplingRule{Name: "job", Keep: 1}))
	_ = clew.Run(t.Context(), "job", func(ctx context.Context) error {
		_ = clew.Run(ctx, "poll", func(ctx context.Context) error { return clew.Run(ctx, "job", nothing) })
		return clew.Run(ctx, "work", nothing)
	})
	r.WantTree(clewtest.Tree{Name: "job", Children: []clewtest.Tree{{Name: "work"}}})
}

func TestProcessesWithTheSameFractionSampleTheSameTraces(t *testing.T) {
	const traces = 4000
	sampled := func(fraction float64) map[trace.TraceID]bool {
		out := map[trace.TraceID]bool{}
		t.Run(fmt.Sprint(fraction), func(t *testing.T) {
			clewtest.Record(t, clew.Sample(fraction))
			for i := range traces {
				// An id that is the same in every run, of a sender who leaves the decision to its receiver.
				id := trace.TraceID{15: byte(i), 14: byte(i >> 8), 0: 1}
				for j := 8; j < 14; j++ {
					id[j] = byte(i * (j*7919 + 31) >> 3)
				}
				ctx := clew.Continue(t.Context(), fmt.Sprintf("%s-%016x", id, 7)) // B3 without a decision
				s := clew.StartDetached(ctx, "s")
				if s.OTel().SpanContext().TraceID() != id {
					t.Fatalf("the trace is %s, want %s", s.OTel().SpanContext().TraceID(), id)
				}
				out[id] = s.OTel().SpanContext().IsSampled()
				s.End()
			}
		})
		return out
	}
	quarter, again, half := sampled(0.25), sampled(0.25), sampled(0.5)
	n := 0
	for id, yes := range quarter {
		if yes {
			n++
		}
		if yes != again[id] || yes && !half[id] {
			t.Errorf("%s: %v, then %v; of a half %v", id, yes, again[id], half[id])
		}
	}
	if n < traces/4*8/10 || n > traces/4*12/10 {
		t.Errorf("%d of %d are sampled, want a quarter", n, traces)
	}
}

func TestADecisionThatCameAlongIsFollowedAndHandedOn(t *testing.T) {
	for flags, fraction := range map[string]float64{"00": 1, "01": 0} {
		t.Run(flags, func(t *testing.T) {
			r := clewtest.Record(t, clew.Sample(fraction))
			ctx := clew.Continue(t.Context(), "00-0123456789abcdef0123456789abcdef-0123456789abcdef-"+flags)
			ctx, s := clew.Start(ctx, "s")
			headers := map[string]string{}
			clew.Inject(ctx, mapCarrier(headers))
			s.End()
			if got := len(r.Spans()) == 1; got != (flags == "01") || !strings.HasSuffix(headers["traceparent"], "-"+flags) {
				t.Errorf("sampled %v, handed on %q", got, headers["traceparent"])
			}
		})
	}
}

type mapCarrier map[string]string

func (m mapCarrier) Get(key string) string { return m[key] }
func (m mapCarrier) Set(key, value string) { m[strings.ToLower(key)] = value }
func (m mapCarrier) Keys() []string        { return nil }

func TestAFractionOutOfRangeIsAnError(t *testing.T) {
	for name, opt := range map[string]clew.Option{
		"above": clew.Sample(1.5), "below": clew.Sample(-1), "no number": clew.Sample(math.NaN()), "a rule's": clew.Sample(1, clew.SamplingRule{Keep: 2}),
	} {
		shutdown, err := clew.Setup(t.Context(), opt)
		if err == nil || !strings.Contains(err.Error(), "not from 0 to 1") {
			t.Errorf("%s: %v", name, err)
		}
		_ = shutdown(t.Context())
	}
}

func TestAnUnsampledTraceThatFailsOrIsSlowIsKept(t *testing.T) {
	for name, tc := range map[string]struct {
		work func(context.Context) error
		want []clewtest.Tree
	}{
		"all is well": {func(ctx context.Context) error { return clew.Run(ctx, "child", nothing) }, nil},
		"a child fails": {func(ctx context.Context) error {
			_ = clew.Run(ctx, "child", func(context.Context) error { return errors.New("broken") })
			return nil
		}, []clewtest.Tree{{Name: "root", Attrs: kept("error"), Children: []clewtest.Tree{{Name: "child", Error: "broken", Attrs: kept("error")}}}}},
		"a child is slow": {func(ctx context.Context) error {
			return clew.Run(ctx, "child", func(context.Context) error { time.Sleep(2 * time.Second); return nil })
		}, []clewtest.Tree{{Name: "root", Attrs: kept("slow"), Children: []clewtest.Tree{{Name: "child", Attrs: kept("slow")}}}}},
		"slow and failed": {func(context.Context) error { time.Sleep(2 * time.Second); return errors.New("late") },
			[]clewtest.Tree{{Name: "root", Error: "late", Attrs: kept("error")}}},
		"off": {func(ctx context.Context) error {
			_ = clew.Run(ctx, "child", func(context.Context) error { return errors.New("broken") }, clew.LevelOff)
			return nil
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := clewtest.Record(t, clew.Sample(0), clew.KeepUnsampled(clew.Unsampled{SlowerThan: time.Second}))
				_ = clew.Run(t.Context(), "root", func(ctx context.Context) error {
					if len(r.Spans()) != 0 {
						t.Error("spans were sent before the root ended")
					}
					return tc.work(ctx)
				})
				r.WantTree(tc.want...)
				_ = clew.Run(t.Context(), "next", nothing)
				r.Named("next", 0)
			})
		})
	}
}

func kept(why string) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.String("clew.sampling.kept", why)}
}

func TestALocalRootOfATraceFromElsewhereDecidesForItsProcess(t *testing.T) {
	r := clewtest.Record(t, clew.KeepUnsampled(clew.Unsampled{}))
	ctx := clew.Continue(t.Context(), "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00")
	broken := func(context.Context) error { return errors.New("broken") }
	var late *clew.Span
	_ = clew.Run(ctx, "first", func(ctx context.Context) error {
		late = clew.StartDetached(ctx, "outlives the root")
		return broken(ctx)
	})
	r.Span("first")
	late.End()
	r.Span("outlives the root")
	_ = clew.Run(ctx, "second", nothing) // the trail is gone, nothing failed
	r.Named("second", 0)

	inside, root := clew.Start(ctx, "third")
	again, other := clew.Start(ctx, "fourth") // at the same time in the same trace
	_ = clew.Run(again, "fails", broken)
	other.End()
	_ = clew.Run(inside, "below third", nothing)
	root.End()
	for _, name := range []string{"third", "below third", "fourth", "fails"} {
		if s := r.Span(name); s.Attr("clew.sampling.kept") != "error" || !s.SpanContext.IsSampled() {
			t.Errorf("%s: %v", name, s.Attributes)
		}
	}
	if sc := trace.SpanContextFromContext(inside); sc.IsSampled() {
		t.Error("the decision that is handed on changed")
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	r := clewtest.Record(t, clew.Sample(0), clew.KeepUnsampled(clew.Unsampled{Spans: 100, Bytes: 1 << 20}))
	fails := func(n int, input string) func(context.Context) error {
		return func(ctx context.Context) error {
			for range n {
				_ = clew.Run(ctx, "child", nothing, clew.Input(input))
			}
			return errors.New("broken")
		}
	}
	_ = clew.Run(t.Context(), "many", fails(25, ""))
	if s := r.Span("many"); s.Attr("clew.sampling.left_out") != "15" {
		t.Errorf("%v", s.Attributes)
	}
	r.Named("child", 10)
	r.Reset()
	_ = clew.Run(t.Context(), "large", fails(3, strings.Repeat("x", 60_000)))
	if s := r.Span("large"); s.Attr("clew.sampling.left_out") != "2" {
		t.Errorf("%v", s.Attributes)
	}
	r.Reset()
	for range 200 { // that never end
		clew.StartDetached(t.Context(), "leaked")
	}
	_ = clew.Run(t.Context(), "one too many", fails(1, ""))
	r.Named("one too many", 0)
}

func TestKeepingIsSafeInManyGoroutines(t *testing.T) {
	r := clewtest.Record(t, clew.Sample(0.5), clew.KeepUnsampled(clew.Unsampled{}))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 50 {
				_ = clew.Run(t.Context(), "root", func(ctx context.Context) error {
					_ = clew.Run(ctx, "child", nothing)
					if i%2 == 0 {
						return errors.New("broken")
					}
					return nil
				})
			}
		})
	}
	all.Wait()
	for _, s := range r.Named("root", len(r.Spans())/2) {
		if s.Attr("clew.sampling.kept") != "" && s.Failure() == "" {
			t.Error("a trace was kept that did not fail")
		}
	}
}
