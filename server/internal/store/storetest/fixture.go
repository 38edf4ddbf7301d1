package storetest

import (
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

// Fixture fills an empty store with a little of everything, always the same.
// What it does must not change: released versions have written stores with it,
// which HoldsFixture compares with what it says. What a later version can keep
// beyond that goes into a function of its own.
func Fixture(t *testing.T, s store.Store) {
	t.Helper()
	history := []string{`{"role":"system","content":"` + strings.Repeat("You hold the thread. ", 20) + `"}`}
	call := func(no, n uint64, start int) *trace.Span {
		history = append(history, `{"role":"user","content":"`+strings.Repeat("Where does the labyrinth end? ", int(n)+4)+`"}`)
		input := "[" + strings.Join(history, ",") + "]"
		return span(no, n, start, parent(1), named("chat"), session("s1", "ann"), attribute("gen_ai.input.messages", trace.StringValue(input)), func(sp *trace.Span) {
			sp.Kind, sp.Status = trace.KindClient, trace.StatusOK
			sp.Type, sp.Provider, sp.Model, sp.Input, sp.Output = "LLM", "openai", "gpt-4.1", input, "Behind the minotaur."
			sp.InputTokens, sp.OutputTokens, sp.Cost, sp.CostFrom = ptr(int64(100*n)), ptr(int64(n)), ptr(trace.Money(int64(n)*1_000_000)), "a price"
		})
	}
	// A conversation that goes on in later commits, and another with the same system prompt.
	add(t, s, finished(span(1, 1, 0, named("POST /chat"), session("s1", "ann")), call(1, 2, 10), call(1, 3, 30))...)
	add(t, s, finished(call(1, 4, 50), call(1, 5, 70))...)
	add(t, s, finished(span(2, 1, 1000, named("POST /chat"), session("s1", "bob")), call(2, 2, 1010))...)
	// Every kind of value, events, links, a status with words, other services.
	add(t, s, finished(span(3, 1, 2000, named("\u00c4rger 日本語"), func(sp *trace.Span) {
		sp.Kind, sp.Status, sp.StatusMessage, sp.IsError, sp.TraceState, sp.Flags = trace.KindServer, trace.StatusError, "no way out", true, "vendor=opaque", 1
		sp.Service, sp.Scope = "planner", &trace.Scope{Name: "scope", Version: "2", Attributes: trace.Attributes{{Key: "k", Value: trace.BoolValue(true)}}}
		sp.Resource = &trace.Resource{Attributes: trace.Attributes{{Key: "service.name", Value: trace.StringValue("planner")}, {Key: "host", Value: trace.StringValue("h")}}}
		sp.Attributes = trace.Attributes{
			{Key: "int", Value: trace.IntValue(-4711)}, {Key: "double", Value: trace.DoubleValue(0.5)}, {Key: "bool", Value: trace.BoolValue(true)},
			{Key: "bytes", Value: trace.BytesValue([]byte{0, 255})}, {Key: "messaging.message.id", Value: trace.StringValue("m1")},
			{Key: "list", Value: trace.ArrayValue(trace.IntValue(1), trace.StringValue("b"))},
			{Key: "map", Value: trace.MapValue(trace.Attribute{Key: "deep", Value: trace.StringValue("Ariadne_x")})},
		}
		sp.Events = []trace.Event{event("exception", 2005)}
		sp.Links = []trace.Link{{TraceID: traceID(1), SpanID: spanID(1), Attributes: trace.Attributes{{Key: "why", Value: trace.StringValue("resumed")}}}}
		sp.DroppedAttributes, sp.DroppedEvents, sp.DroppedLinks = 1, 2, 3
		sp.Tags, sp.Metadata = []string{"beta"}, map[string]any{"plan": "pro", "n": int64(3), "deep": map[string]any{"x": []any{true, nil}}}
	}), span(3, 2, 2001, parent(9), named("consume"), attribute("messaging.message.id", trace.StringValue("m1"))))...)
	// Open, then finished; open for good; twins; loose events and notes, one without its span.
	opened := span(4, 1, 3000, session("s2", ""))
	add(t, s, openedFact(opened), openedFact(span(4, 2, 3001)))
	add(t, s, trace.Fact{Kind: trace.Finished, Span: opened})
	add(t, s, finished(span(5, 1, 4000), span(5, 1, 4000, func(sp *trace.Span) { sp.Kind = trace.KindServer }))...)
	add(t, s, happened(4, 1, "late", 3005), happened(6, 1, "alone", 5000),
		trace.Fact{Kind: trace.Happened, Span: &trace.Span{TraceID: traceID(3), ID: spanID(1), Events: []trace.Event{{
			Name: trace.AnnotationEvent, Time: at(9000), Attributes: trace.Attributes{
				{Key: trace.TagsKey, Value: trace.ArrayValue(trace.StringValue("reviewed"))},
				{Key: trace.MetadataPrefix + "score", Value: trace.IntValue(5)},
			}}}}})
	// A trace that goes on for weeks, one whose id another shares half of, one that is sent again, and one that is deleted.
	long := span(7, 1, 6000)
	long.End = long.Start + 20*day
	add(t, s, finished(long, span(8, 1, 7000, session("s3", "cleo")), span(8, 2, 7001, parent(1)))...)
	half := span(8, 1, 7100)
	half.TraceID[0] = 1
	add(t, s, finished(half)...)
	add(t, s, finished(span(8, 2, 7001, parent(1)))...)
	add(t, s, finished(span(9, 1, 8000, session("s9", "dan")))...)
	must[store.Receipt](t)(s.Delete(t.Context(), traceID(9)))
}

// HoldsFixture checks that s has what Fixture makes, and nothing else.
func HoldsFixture(t *testing.T, s store.Store) {
	t.Helper()
	oracle := memory.New()
	defer func() { _ = oracle.Close() }()
	Fixture(t, oracle)
	Same(t, oracle, s, "minotaur", "lab*", `"the thread"`, "日本", "@int<0", "map.deep:Ariadne_x", "user:bob", "type:LLM -user:bob", "tag:reviewed",
		"metadata.score:5", "cost>0.000003", "open:true", "duration>1d", "error:true", "dan", "{type:LLM} {root:true}")
	hinted := func(s store.Store) []store.Hinted {
		found := must[[]store.Hinted](t)(s.Hinted(t.Context(), traceID(1), []string{"messaging.message.id=m1"}, 0, at(10_000), 10))
		for i := range found {
			found[i].Span = outlines([]*trace.Span{found[i].Span})[0]
			found[i].Span.Tags = nil
		}
		return found
	}
	diff(t, "hinted", hinted(oracle), hinted(s))
}
