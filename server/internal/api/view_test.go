package api

import (
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/derive"
	"github.com/clewhq/clew/server/internal/price"
	"github.com/clewhq/clew/server/internal/trace"
)

// testDeriver has the embedded prices.
var testDeriver = sync.OnceValue(func() derive.Deriver {
	book, err := price.New()
	if err != nil {
		panic(err)
	}
	return derive.Deriver{Prices: book}
})

func modelCall() *trace.Span {
	s := newSpan(wholeTrace, 7, 0, "planner", "chat", 0, 900)
	text := func(key, v string) trace.Attribute { return trace.Attribute{Key: key, Value: trace.StringValue(v)} }
	n := func(key string, v int64) trace.Attribute { return trace.Attribute{Key: key, Value: trace.IntValue(v)} }
	s.Attributes = trace.Attributes{
		text("gen_ai.provider.name", "anthropic"), text("gen_ai.response.model", "claude-sonnet-4-5-20250929"), text("gen_ai.usage.cost", "0.25"),
		n("gen_ai.usage.input_tokens", 5200), n("gen_ai.usage.output_tokens", 310), n("gen_ai.usage.cache_read.input_tokens", 4000),
		text("gen_ai.input.messages", `[{"role":"user","parts":[{"type":"text","content":"hi"}]}]`),
	}
	return s
}

func TestASpanIsExplainedOnlyOnRequest(t *testing.T) {
	s := modelCall()
	testDeriver().Derive(s)
	srv := newServer(t, s)
	got, err := srv.Span(t.Context(), wholeTrace.String(), spanID(7).String(), 0, false)
	if err != nil || got.Explain != nil {
		t.Fatalf("explain %v, %v", got.Explain, err)
	}
	want := []client.Message{{Role: "user", Parts: []client.Part{{Type: "text", Text: "hi"}}}}
	if diff := cmp.Diff(want, got.View.Messages); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	got, err = srv.Span(t.Context(), wholeTrace.String(), spanID(7).String(), 0, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []client.Origin{
		{Field: "provider", Value: "anthropic", Dialect: "gen_ai", Key: "gen_ai.provider.name"},
		{Field: "usage.input_tokens", Value: "5200", Dialect: "gen_ai", Key: "gen_ai.usage.input_tokens"},
		{Field: "type", Value: "LLM", Rule: "a model or its provider is named"},
		{Field: "cost", Value: "$0.25", Key: "gen_ai.usage.cost", Rule: "as it was stored"},
	} {
		if !slices.Contains(got.Explain, o) {
			t.Errorf("nothing says %+v in\n%+v", o, got.Explain)
		}
	}
}

func TestACostThatWasGivenStandsBesideTheOneThatIsComputed(t *testing.T) {
	s := modelCall()
	testDeriver().Derive(s)
	got, err := newServer(t, s).Span(t.Context(), wholeTrace.String(), spanID(7).String(), 0, false)
	if err != nil {
		t.Fatal(err)
	}
	cost := got.View.Cost
	if *got.Cost != 0.25 || cost.From != "gen_ai.usage.cost" || cost.Computed == nil || *cost.Computed != 0.00945 { // 1200×3 + 4000×0.3 + 310×15, a million
		t.Errorf("cost %v, detail %+v", *got.Cost, cost)
	}
	want := []client.CostLine{
		{What: "input", Tokens: 1200, PricePerMillion: 3, Amount: 0.0036}, {What: "cache read", Tokens: 4000, PricePerMillion: 0.3, Amount: 0.0012},
		{What: "output", Tokens: 310, PricePerMillion: 15, Amount: 0.00465},
	}
	if diff := cmp.Diff(want, cost.Lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}
