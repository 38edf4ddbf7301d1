package derive

import (
	"strings"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/price"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

func str(key, value string) trace.Attribute {
	return trace.Attribute{Key: key, Value: trace.StringValue(value)}
}

func num(key string, value int64) trace.Attribute {
	return trace.Attribute{Key: key, Value: trace.IntValue(value)}
}

func deriver(t *testing.T, more ...price.Source) Deriver {
	t.Helper()
	b, err := price.New(more...)
	if err != nil {
		t.Fatal(err)
	}
	return Deriver{b}
}

// call is a span of a model call with 1200 tokens in and 300 out.
func modelCall(more ...trace.Attribute) *trace.Span {
	return &trace.Span{
		TraceID: trace.TraceID{1}, ID: trace.SpanID{1}, Start: trace.Time(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixNano()), End: 1 << 62,
		Resource: &trace.Resource{}, Scope: &trace.Scope{},
		Attributes: append(trace.Attributes{str("gen_ai.provider.name", "openai"), str("gen_ai.request.model", "gpt-4o"),
			num("gen_ai.usage.input_tokens", 1200), num("gen_ai.usage.output_tokens", 300)}, more...),
	}
}

func TestWhatWasGivenBeatsThePricesUnlessItIsZero(t *testing.T) {
	computed := trace.Money(1200*2_500_000 + 300*10_000_000)
	for name, c := range map[string]struct {
		more []trace.Attribute
		want trace.Money
		from string
	}{
		"nothing is given":           {nil, computed, "openai gpt-4o"},
		"a cost is given":            {[]trace.Attribute{str("gen_ai.usage.cost", "0.5")}, trace.Dollar / 2, "gen_ai.usage.cost"},
		"0 is given by who can't":    {[]trace.Attribute{num("gen_ai.usage.cost", 0)}, computed, "openai gpt-4o"},
		"0 is given and nobody else": {[]trace.Attribute{num("gen_ai.usage.cost", 0), str("gen_ai.response.model", "?"), str("gen_ai.usage.input_tokens", "?")}, computed, "openai gpt-4o"},
	} {
		s := modelCall(c.more...)
		deriver(t).Derive(s)
		if s.Cost == nil || *s.Cost != c.want || !strings.Contains(s.CostFrom, c.from) {
			t.Errorf("%s: cost %v from %q, want %v from %q", name, s.Cost, s.CostFrom, c.want, c.from)
		}
	}
	unknown := modelCall(str("gen_ai.response.model", "house"))
	unknown.Attributes[1].Value.Str = "house"
	if deriver(t).Derive(unknown); unknown.Cost != nil || unknown.CostFrom != "" {
		t.Errorf("a model without a price costs %v", unknown.Cost)
	}
}

func TestUsageThatIsCountedElsewhereCostsNothingHere(t *testing.T) {
	s := modelCall(str("gen_ai.operation.name", "invoke_agent"))
	deriver(t).Derive(s)
	if s.Cost != nil || s.InputTokens != nil {
		t.Errorf("cost %v, tokens %v", s.Cost, s.InputTokens)
	}
}

func TestALogRecordCompletesItsSpanWheneverItComes(t *testing.T) {
	message := trace.Fact{Kind: trace.Happened, Span: &trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{1}, Resource: &trace.Resource{}, Scope: &trace.Scope{},
		Events: []trace.Event{{Name: "gen_ai.user.message", Time: 5, Attributes: trace.Attributes{{Key: "body", Value: trace.MapValue(str("content", "hi"))}}}}}}
	answer := trace.Fact{Kind: trace.Happened, Span: &trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{1}, Resource: &trace.Resource{}, Scope: &trace.Scope{},
		Events: []trace.Event{{Name: "gen_ai.choice", Time: 6, Attributes: trace.Attributes{{Key: "body", Value: trace.MapValue(
			trace.Attribute{Key: "message", Value: trace.MapValue(str("content", "ho"))})}}}}}}
	for name, order := range map[string]func(span trace.Fact) []trace.Fact{
		"before": func(span trace.Fact) []trace.Fact { return []trace.Fact{message, answer, span} },
		"after":  func(span trace.Fact) []trace.Fact { return []trace.Fact{span, answer, message} },
		"around": func(span trace.Fact) []trace.Fact { return []trace.Fact{answer, span, message} },
	} {
		t.Run(name, func(t *testing.T) {
			st := memory.New()
			s := modelCall()
			d := deriver(t)
			d.Derive(s)
			for _, f := range order(trace.Fact{Kind: trace.Finished, Span: s}) {
				if err := st.Append(t.Context(), []trace.Fact{f}); err != nil {
					t.Fatal(err)
				}
			}
			spans, err := st.Spans(t.Context(), trace.TraceID{1})
			if err != nil {
				t.Fatal(err)
			}
			d.Complete(spans[0])
			if v, _ := d.View(spans[0]); len(v.Messages) != 1 || v.Messages[0].Parts[0].Text != "hi" || v.Answer[0].Parts[0].Text != "ho" {
				t.Errorf("messages %+v, answer %+v", v.Messages, v.Answer)
			}
		})
	}
}

func TestReindexDerivesWhatIsStoredAgain(t *testing.T) {
	st := memory.New()
	old := modelCall(str("langfuse.observation.type", "generation"))
	before := old.Attributes
	old.Derived = trace.Derived{Service: "unknown_service", Type: "DEFAULT", Session: "gone"} // as an earlier version derived it
	tool := &trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{2}, Start: 2, Resource: &trace.Resource{}, Scope: &trace.Scope{}}
	Deriver{}.Derive(tool)
	if err := st.Append(t.Context(), []trace.Fact{{Kind: trace.Finished, Span: old}, {Kind: trace.Opened, Span: tool}}); err != nil {
		t.Fatal(err)
	}
	d := deriver(t)
	p, err := d.Reindex(t.Context(), st, time.Unix(0, 99), nil)
	if err != nil || p != (Progress{Traces: 1, Spans: 2, Changed: 1}) {
		t.Fatalf("got %+v, %v", p, err)
	}
	spans, err := st.Spans(t.Context(), trace.TraceID{1}, trace.SpanID{1})
	if err != nil {
		t.Fatal(err)
	}
	s := spans[0]
	if s.Type != "LLM" || s.Session != "" || *s.Cost != 1200*2_500_000+300*10_000_000 || s.Again != 99 {
		t.Errorf("derived %+v", s.Derived)
	}
	if len(s.Attributes) != len(before) {
		t.Errorf("attributes %v", s.Attributes)
	}
	sums, err := st.Summaries(t.Context(), trace.TraceID{1})
	if err != nil || *sums[0].Cost != *s.Cost {
		t.Errorf("the trace costs %v, %v", sums[0].Cost, err)
	}
	if p, err = d.Reindex(t.Context(), st, time.Unix(0, 100), nil); err != nil || p.Changed != 0 {
		t.Errorf("the second time %+v, %v", p, err)
	}

	// New prices count when they are asked for, and a batch that is sent again
	// doesn't bring the old ones back.
	dear := deriver(t, price.Source{Name: "mine", Data: []byte(`[{"id":"openai","models":[{"id":"gpt-4o","match":{"equals":"gpt-4o"},"prices":{"input_mtok":1000,"output_mtok":0}}]}]`)})
	if p, err = dear.Reindex(t.Context(), st, time.Unix(0, 101), nil); err != nil || p.Changed != 1 {
		t.Fatalf("with new prices %+v, %v", p, err)
	}
	if err := st.Append(t.Context(), []trace.Fact{{Kind: trace.Finished, Span: old}}); err != nil {
		t.Fatal(err)
	}
	sums, err = st.Summaries(t.Context(), trace.TraceID{1})
	if want := 1200 * trace.Dollar / 1000; err != nil || *sums[0].Cost != want {
		t.Errorf("the trace costs %v, want %v (%v)", sums[0].Cost, want, err)
	}
}
