package storetest

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/trace"
)

// everything is a span in which no field is zero.
func everything() *trace.Span {
	nested := trace.MapValue(
		trace.Attribute{Key: "list", Value: trace.ArrayValue(trace.IntValue(1), trace.ArrayValue(trace.BoolValue(false)), trace.MapValue())},
		trace.Attribute{Key: "twice", Value: trace.IntValue(1)},
		trace.Attribute{Key: "twice", Value: trace.IntValue(2)},
	)
	attributes := trace.Attributes{
		{Key: "string", Value: trace.StringValue("a\x00b \u00e9\u4e16 \U0001f9f6")},
		{Key: "no string", Value: trace.StringValue("")},
		{Key: "true", Value: trace.BoolValue(true)},
		{Key: "false", Value: trace.BoolValue(false)},
		{Key: "min", Value: trace.IntValue(math.MinInt64)},
		{Key: "max", Value: trace.IntValue(math.MaxInt64)},
		{Key: "double", Value: trace.DoubleValue(0.1)},
		{Key: "NaN", Value: trace.DoubleValue(math.NaN())},
		{Key: "Inf", Value: trace.DoubleValue(math.Inf(-1))},
		{Key: "minus zero", Value: trace.DoubleValue(math.Copysign(0, -1))},
		{Key: "bytes", Value: trace.BytesValue([]byte{0, 0xff, 0xfe})},
		{Key: "no bytes", Value: trace.BytesValue(nil)},
		{Key: "empty"},
		{Key: "array", Value: trace.ArrayValue(trace.StringValue("x"), trace.Value{}, trace.DoubleValue(2))},
		{Key: "no array", Value: trace.ArrayValue()},
		{Key: "map", Value: nested},
		{Key: "", Value: trace.StringValue("empty key")},
		{Key: "again", Value: trace.IntValue(1)},
		{Key: "again", Value: trace.StringValue("repeated key")},
		{Key: "large", Value: trace.StringValue(strings.Repeat("0123456789abcdef", 1<<16))},
	}
	return &trace.Span{
		TraceID: traceID(math.MaxUint64), ID: spanID(math.MaxUint64), ParentID: spanID(7),
		TraceState: "a=b,c=d", Flags: 0x301, Name: "na\x00me \u2713", Kind: trace.KindConsumer, Start: at(1), End: at(2),
		Attributes: attributes,
		Events: []trace.Event{
			{Name: "first", Time: at(1), Attributes: attributes[:3], Dropped: 4},
			{Name: "", Time: 0},
		},
		Links:  []trace.Link{{TraceID: traceID(1), SpanID: spanID(2), TraceState: "x=y", Flags: 1, Attributes: attributes[:1], Dropped: 5}, {}},
		Status: trace.StatusError, StatusMessage: "it\nbroke",
		Resource: &trace.Resource{Attributes: attributes[:17], SchemaURL: "https://example.com/r", Dropped: 1},
		Scope:    &trace.Scope{Name: "lib", Version: "1.2", Attributes: attributes[15:17], SchemaURL: "https://example.com/s", Dropped: 2},

		DroppedAttributes: 6, DroppedEvents: 7, DroppedLinks: math.MaxUint32,
		Derived: trace.Derived{
			Service: "svc", Type: "LLM", Session: "s", User: "u", Tags: []string{"", "b", "a"},
			Metadata: map[string]any{
				"": nil, "t": true, "f": false, "i": int64(math.MinInt64), "d": 0.5, "s": "text", "none": map[string]any{},
				"l": []any{int64(1), []any{}, map[string]any{"k": "v"}},
			},
			Provider: "openai", Model: "m", InputTokens: ptr(int64(0)), OutputTokens: ptr(int64(12)), Cost: ptr(trace.Dollar / 4), CostFrom: "gen_ai.usage.cost",
			Input: "[{\"role\":\"user\"}]", Output: strings.Repeat("out", 1000), IsError: true, Again: 77,
		},
	}
}

var spanTests = []subtest{
	{"a span comes back as it was, whatever its attributes", func(t *testing.T, s store.Store) {
		add(t, s, finished(everything())...)
		holds(t, s, everything())
	}},
	{"a span with nothing but what is required comes back as it was", func(t *testing.T, s store.Store) {
		bare := &trace.Span{
			TraceID: traceID(1), ID: spanID(1), Start: 1, Resource: &trace.Resource{}, Scope: &trace.Scope{},
			Derived: trace.Derived{Service: "svc", Type: "DEFAULT"},
		}
		add(t, s, finished(bare)...)
		holds(t, s, bare)
	}},
	{"unknown tokens and cost stay unknown and zero stays zero", func(t *testing.T, s store.Store) {
		zero := span(1, 1, 0)
		zero.InputTokens, zero.Cost = ptr(int64(0)), ptr(trace.Money(0))
		add(t, s, finished(zero)...)
		holds(t, s, zero)
	}},
	{"token counts that overflow when added are still added up and stored", func(t *testing.T, s store.Store) {
		a, b := span(1, 1, 0, session("s", "u")), span(1, 2, 0, session("s", "u"))
		a.InputTokens, b.InputTokens = ptr(int64(math.MaxInt64)), ptr(int64(math.MaxInt64))
		add(t, s, finished(a, b)...)
		holds(t, s, a, b)
	}},
	{"times at the ends of their range are kept", func(t *testing.T, s store.Store) {
		a, b := span(1, 1, 0), span(1, 2, 0)
		a.Start, a.End = math.MinInt64, math.MaxInt64
		b.Start, b.End = math.MaxInt64, 1
		add(t, s, finished(a, b)...)
		holds(t, s, a, b)
	}},
	{"strings that aren't UTF-8 are kept byte for byte", func(t *testing.T, s store.Store) {
		sp := span(1, 1, 0, named("\xff\xfe"), session("\xc3", "\x00"), attribute("\xff", trace.StringValue("\xf0\x28")))
		add(t, s, finished(sp)...)
		holds(t, s, sp)
		if _, err := s.Session(t.Context(), "\xc3"); err != nil {
			t.Error(err)
		}
	}},
	{"spans come in order of start, then id", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 3, 5), span(1, 2, 9), span(1, 1, 5), span(1, 4, 0))...)
		holds(t, s, span(1, 4, 0), span(1, 1, 5), span(1, 3, 5), span(1, 2, 9))
	}},
	{"spans by id are those with the id, each once", func(t *testing.T, s store.Store) {
		add(t, s, finished(span(1, 1, 0), span(1, 2, 1), span(1, 3, 2))...)
		got := must[[]*trace.Span](t)(s.Spans(t.Context(), traceID(1), spanID(3), spanID(1), spanID(3), spanID(9)))
		diff(t, "spans", []*trace.Span{span(1, 1, 0), span(1, 3, 2)}, got)
	}},
	{"two spans that share an id are both kept and both found by it", func(t *testing.T, s store.Store) {
		client := span(1, 1, 0, func(s *trace.Span) { s.Kind = trace.KindClient })
		server := span(1, 1, 0, func(s *trace.Span) { s.Kind = trace.KindServer })
		other := span(1, 1, 0, func(s *trace.Span) { s.Service = "other" })
		later := span(1, 1, 1)
		add(t, s, finished(later, server, client, other)...)
		holds(t, s, client, server, other, later)
		got := must[[]*trace.Span](t)(s.Spans(t.Context(), traceID(1), spanID(1)))
		if len(got) != 4 {
			t.Errorf("%d spans have the id, want 4", len(got))
		}
	}},
	{"what is not there is ErrNotFound", func(t *testing.T, s store.Store) {
		add(t, s, append(finished(span(1, 1, 0)), happened(2, 1, "alone", 0))...)
		for _, id := range []trace.TraceID{traceID(2), traceID(3)} {
			if _, err := s.Outline(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("outline of %s: %v", id, err)
			}
			if _, err := s.Spans(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("spans of %s: %v", id, err)
			}
		}
		if _, err := s.Spans(t.Context(), traceID(1), spanID(2)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("span by id: %v", err)
		}
		for _, id := range []string{"", "s"} {
			if _, err := s.Session(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("session %q: %v", id, err)
			}
		}
		diff(t, "summaries", []trace.Summary(nil), must[[]trace.Summary](t)(s.Summaries(t.Context(), traceID(2), traceID(3))))
	}},
	{"changing what was returned changes nothing in the store", func(t *testing.T, s store.Store) {
		add(t, s, finished(everything())...)
		got := must[[]*trace.Span](t)(s.Spans(t.Context(), everything().TraceID))[0]
		got.Name, *got.InputTokens, got.Tags[0], got.Metadata["s"] = "x", 99, "x", "x"
		got.Attributes[0].Value.Str, got.Events[0].Attributes[0].Key, got.Links[0].TraceState = "x", "x", "x"
		sum := must[[]trace.Summary](t)(s.Summaries(t.Context(), got.TraceID))[0]
		*sum.InputTokens, sum.Services[0] = 99, "x"
		holds(t, s, everything())
	}},
}
