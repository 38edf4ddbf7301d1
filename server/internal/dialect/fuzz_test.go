package dialect

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/trace"
)

func FuzzDerive(f *testing.F) {
	for key := range turned.keys {
		f.Add(key, "value", "lmnr.association.properties.metadata.k", `{"a":[1]}`, int64(-1), 1.5)
	}
	f.Add("gen_ai.input.messages", `[{"role":"user"}]`, "gen_ai.system_instructions", "[]", int64(1), math.NaN())
	f.Add("gen_ai.prompt.0.tool_calls.1.name", "f", "gen_ai.prompt.7.content", `[1]`, int64(0), math.Inf(1))
	f.Add("gen_ai.prompt.-1.content", "x", "gen_ai.completion.+2.tool_calls.3.", "y", int64(0), 0.0)
	f.Fuzz(func(t *testing.T, key1, text1, key2, text2 string, n int64, d float64) {
		for _, s := range []string{key1, text1, key2, text2} {
			if !utf8.ValidString(s) {
				return // what arrives is made valid before it is derived from
			}
		}
		attributes := func() trace.Attributes {
			return trace.Attributes{
				str(key1, text1), str(key2, text2), num(key1, n), dbl(key2, d),
				val("lmnr.association.properties.tags", trace.ArrayValue(trace.StringValue(text1), trace.IntValue(n))),
			}
		}
		s := trace.Span{Attributes: attributes(), Events: []trace.Event{{Name: key1, Attributes: attributes()}}}
		Derive(&s)
		first := s.Derived
		Derive(&s)
		if diff := cmp.Diff(first, s.Derived); diff != "" {
			t.Fatalf("a second derivation differs:\n%s", diff)
		}
		if !cmp.Equal(s.Attributes, attributes(), cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })) {
			t.Fatal("attributes were changed")
		}
		v := Read(&s)
		if diff := cmp.Diff(v, Read(&s)); diff != "" {
			t.Fatalf("a second reading differs:\n%s", diff)
		}
		if _, err := json.Marshal(v); err != nil {
			t.Fatalf("the view is no JSON: %v", err)
		}
		if s.Type == "" || s.Service == "" {
			t.Fatalf("type %q, service %q", s.Type, s.Service)
		}
		for _, column := range []string{s.Type, s.Service, s.Session, s.User, s.Provider, s.Model} {
			if len(column) > maxColumn || !utf8.ValidString(column) {
				t.Fatalf("column %q", column)
			}
		}
		if !utf8.ValidString(s.Input) || !utf8.ValidString(s.Output) {
			t.Fatalf("input %q, output %q", s.Input, s.Output)
		}
		if s.InputTokens != nil && *s.InputTokens < 0 || s.OutputTokens != nil && *s.OutputTokens < 0 {
			t.Fatal("tokens below zero")
		}
		if s.Cost != nil && (*s.Cost < 0 || *s.Cost > 2*trace.MaxMoney) {
			t.Fatalf("cost %v", *s.Cost)
		}
	})
}

func FuzzConversation(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var in sent
		if json.Unmarshal(b, &in) == nil {
			for _, v := range in.Attributes {
				if s, ok := v.(string); ok {
					f.Add(s)
				}
			}
		}
	}
	f.Add(`{"choices":[{"message":{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{"}},"finish_reason":"stop"}]}`)
	f.Add(`[{"type":"human","content":[{"type":"image_url","image_url":"data:;base64,AAAA"}]},{"lc":1,"id":["x","AIMessage"],"kwargs":{"content":"x"}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		messages := conversation(text, "user")
		if _, err := json.Marshal(messages); err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			for _, p := range m.Parts {
				if p.Bytes < 0 || len(p.URL) > maxURL {
					t.Fatalf("part %+v", p)
				}
			}
		}
		toolList(trace.StringValue(text))
	})
}
