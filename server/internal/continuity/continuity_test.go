package continuity

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/trace"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// broken is a trace and what the store knows beyond it.
type broken struct {
	name  string
	spans []*trace.Span
	ev    Evidence
	want  []string // "kind place", of all breaks
}

const (
	second = trace.Time(1e9)
	noon   = trace.Time(1_795_262_400) * second // 2026-11-21 12:00:00 UTC
)

var (
	thisTrace  = trace.TraceID{0: 0xa1, 15: 1}
	otherTrace = trace.TraceID{0: 0xb2, 15: 2}
)

// check runs the cases of one kind and compares the texts with its golden file.
func check(t *testing.T, k Kind, cases []broken) {
	t.Helper()
	var texts strings.Builder
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			breaks := Find(tc.spans, tc.ev)
			var got []string
			for _, b := range breaks {
				got = append(got, string(b.Kind)+" "+b.Place)
				fmt.Fprintf(&texts, "## %s\n%s", tc.name, text(b))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("breaks (-want +got):\n%s", diff)
			}
		})
	}
	golden := filepath.Join("testdata", string(k)+".txt")
	if *update {
		if err := os.WriteFile(golden, []byte(texts.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(texts.String(), "\n")); diff != "" {
		t.Errorf("texts differ from %s; run with -update if they should (-want +got):\n%s", golden, diff)
	}
}

// text shows a break as the golden files do.
func text(b Break) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s at %s\n", b.Kind, b.Place)
	for _, id := range b.Spans {
		fmt.Fprintf(&s, "  span %s\n", id)
	}
	for _, id := range b.Traces {
		fmt.Fprintf(&s, "  trace %s\n", id)
	}
	for _, p := range b.Proof {
		fmt.Fprintf(&s, "  - %s\n", p)
	}
	fmt.Fprintf(&s, "  cause: %s\n  fix: %s\n\n", b.Cause, b.Fix)
	return s.String()
}

func TestAWholeTraceHasNoBreaks(t *testing.T) {
	check(t, "whole", []broken{
		{name: "no spans at all"},
		{name: "one root", spans: []*trace.Span{sp(1, 0, "gateway", "ask")}},
		{name: "children in several services", spans: []*trace.Span{
			sp(1, 0, "gateway", "ask"), sp(2, 1, "planner", "plan", kind(trace.KindServer), parentWas(true)), sp(3, 2, "planner", "think", parentWas(false)),
		}},
		{name: "the store knows nothing that contradicts it", spans: []*trace.Span{sp(1, 0, "gateway", "ask")}, ev: Evidence{
			Services: []Service{{"gateway", noon, noon, 1}}, Sharing: []trace.TraceID{thisTrace, otherTrace},
		}},
	})
}

func TestMissingParent(t *testing.T) {
	sent := Evidence{Services: []Service{{"gateway", noon, noon + 60*second, 12}, {"tools", noon, noon + 60*second, 3400}}}
	many := []*trace.Span{sp(1, 0, "gateway", "ask")}
	for i := byte(2); i < 22; i++ {
		many = append(many, sp(i, 100+i, "tools", "search", parentWas(true)))
	}
	check(t, MissingParent, []broken{
		{"the parent was in another process that never sent it", []*trace.Span{
			sp(2, 9, "tools", "POST /search", kind(trace.KindServer), parentWas(true)), sp(3, 2, "tools", "lookup"),
		}, sent, []string{"missing_parent ? → tools"}},
		{"the parent was in the same process and has not ended", []*trace.Span{
			sp(1, 0, "gateway", "ask"), sp(3, 9, "tools", "lookup", parentWas(false)), sp(4, 9, "tools", "rank", parentWas(false)),
		}, sent, []string{`missing_parent tools: ? → "lookup"`}},
		{"the path names the missing parent of the same process", []*trace.Span{
			sp(1, 0, "tools", "serve"), sp(3, 9, "tools", "lookup", parentWas(false), path(1, "serve", 9, "rank", 3, "lookup")),
		}, sent, []string{`missing_parent tools: "rank" → "lookup"`}},
		{"the path leads to an ancestor in another service", []*trace.Span{
			sp(1, 0, "gateway", "ask"),
			sp(3, 9, "tools", "POST /search", kind(trace.KindServer), parentWas(true), path(1, "ask", 8, "plan", 9, "call search", 3, "POST /search")),
		}, sent, []string{"missing_parent gateway → tools"}},
		{"the path names a parent and no ancestor was received", []*trace.Span{
			sp(3, 9, "tools", "POST /search", kind(trace.KindServer), parentWas(true), path(8, "plan", 9, "call search", 3, "POST /search")),
		}, sent, []string{`missing_parent "call search" → tools`}},
		{"a path that contradicts the parent is not believed", []*trace.Span{
			sp(3, 9, "tools", "lookup", parentWas(true), path(8, "plan", 3, "lookup")),
		}, Evidence{}, []string{"missing_parent ? → tools"}},
		{"an old SDK says nothing about the parent of a server span", []*trace.Span{
			sp(3, 9, "tools", "POST /search", kind(trace.KindServer)),
		}, Evidence{}, []string{"missing_parent ? → tools"}},
		{"an old SDK says nothing about the parent of an inner span", []*trace.Span{
			sp(3, 9, "tools", "lookup"),
		}, Evidence{}, []string{"missing_parent ? → tools"}},
		{"a local parent of a trace that was not sampled", []*trace.Span{
			sp(3, 9, "tools", "lookup", func(s *trace.Span) { s.Flags = trace.FlagHasIsRemote }),
		}, Evidence{}, []string{`missing_parent tools: ? → "lookup"`}},
		{"the orphan names its caller, which never sent a span", []*trace.Span{
			sp(3, 9, "tools", "POST /search", kind(trace.KindServer), parentWas(true), attr("peer.service", "planner")),
		}, sent, []string{"missing_parent planner → tools"}},
		{"the orphan knows the address of its caller", []*trace.Span{
			sp(3, 9, "tools", "POST /search", kind(trace.KindServer), parentWas(true), attr("client.address", "10.0.0.7"), attr("user_agent.original", "curl/8.5.0")),
		}, sent, []string{"missing_parent ? → tools"}},
		{"a serialized context was continued by an SDK whose flags call every parent local", []*trace.Span{
			sp(3, 9, "tools", "ts_child", parentWas(false), path(9, "py_child", 3, "ts_child"), continuing(9), attr("lmnr.span.instrumentation_source", "javascript"),
				attr("lmnr.span.sdk_version", "0.8.46"), func(s *trace.Span) { s.Resource = nil }),
		}, sent, []string{`missing_parent "py_child" → tools`}},
		{"each missing parent is a break", []*trace.Span{
			sp(1, 0, "gateway", "ask"), sp(2, 8, "tools", "search", parentWas(true)), sp(3, 9, "tools", "search", parentWas(true)),
		}, Evidence{}, []string{"missing_parent ? → tools", "missing_parent ? → tools"}},
		{"many missing parents of one shape are one break", many, Evidence{}, []string{"missing_parent ? → tools"}},
		{"an outline without bodies", []*trace.Span{
			{TraceID: thisTrace, ID: trace.SpanID{1}, ParentID: trace.SpanID{9}, Start: noon, Name: "lookup"},
		}, Evidence{}, []string{"missing_parent ? → unknown_service"}},
	})
}

func TestSeveralRoots(t *testing.T) {
	check(t, SeveralRoots, []broken{
		{"two services that share nothing but the trace id", []*trace.Span{
			sp(1, 0, "gateway", "ask"), sp(2, 0, "planner", "plan"),
		}, Evidence{}, []string{"several_roots gateway | planner"}},
		{"one service that fixes the trace id", []*trace.Span{
			sp(1, 0, "gateway", "ask"), sp(2, 0, "gateway", "answer"),
		}, Evidence{}, []string{`several_roots gateway: "ask" | "answer"`}},
		{"work that was taken up again after hours", []*trace.Span{
			sp(1, 0, "worker", "begin"), sp(2, 0, "resumer", "finish", at(9000*second, 9001*second)),
		}, Evidence{}, []string{"several_roots worker | resumer"}},
		{"a root whose path knows its parent", []*trace.Span{
			sp(1, 0, "gateway", "ask"), sp(2, 0, "planner", "plan", path(1, "ask", 2, "plan")),
		}, Evidence{}, []string{"several_roots gateway | planner"}},
		{"a root that was asked for", []*trace.Span{
			sp(1, 0, "gateway", "ask"), sp(2, 0, "gateway", "evaluate", func(s *trace.Span) {
				s.Attributes = append(s.Attributes, trace.Attribute{Key: "lmnr.internal.override_parent_span", Value: trace.BoolValue(true)})
			}),
		}, Evidence{}, []string{`several_roots gateway: "ask" | "evaluate"`}},
		{"many roots", []*trace.Span{
			sp(1, 0, "a", "r"), sp(2, 0, "b", "r"), sp(3, 0, "c", "r"), sp(4, 0, "d", "r"), sp(5, 0, "e", "r"), sp(6, 0, "f", "r"), sp(7, 0, "g", "r"),
		}, Evidence{}, []string{"several_roots a, b, c, d, e and 2 more"}},
	})
}

func TestCycle(t *testing.T) {
	check(t, Cycle, []broken{
		{"a span that is its own parent", []*trace.Span{sp(1, 1, "tools", "lookup"), sp(2, 1, "tools", "rank")}, Evidence{}, []string{`cycle tools: "lookup"`}},
		{"three spans of one service", []*trace.Span{sp(1, 3, "tools", "a"), sp(2, 1, "tools", "b"), sp(3, 2, "tools", "c"), sp(4, 3, "tools", "d")}, Evidence{}, []string{`cycle tools: "a" → "c"`}},
		{"two services", []*trace.Span{sp(9, 0, "gateway", "ask"), sp(1, 2, "planner", "plan"), sp(2, 1, "tools", "search")}, Evidence{}, []string{`cycle planner: "plan" → "search"`}},
		{"two circles", []*trace.Span{sp(1, 2, "a", "a"), sp(2, 1, "a", "b"), sp(3, 3, "c", "c")}, Evidence{}, []string{`cycle a: "a" → "b"`, `cycle c: "c"`}},
		{"a server that names the id that it shares with its client is no circle", []*trace.Span{
			sp(1, 0, "a", "ask"), sp(2, 1, "a", "call", kind(trace.KindClient)), sp(2, 2, "b", "serve", kind(trace.KindServer)),
		}, Evidence{}, []string{"duplicate_span_id a = b"}},
	})
}

func TestDuplicateSpanID(t *testing.T) {
	var many []*trace.Span
	for i := byte(2); i < 40; i++ {
		many = append(many, sp(i, 1, "a", "call", kind(trace.KindClient)), sp(i, 1, "b", "serve", kind(trace.KindServer)))
	}
	check(t, DuplicateSpanID, []broken{
		{"client and server share an id as in B3", []*trace.Span{
			sp(1, 0, "a", "ask"), sp(2, 1, "a", "call", kind(trace.KindClient)), sp(2, 1, "b", "serve", kind(trace.KindServer)),
		}, Evidence{}, []string{"duplicate_span_id a = b"}},
		{"every call of two services does so, which is one break", append(many, sp(1, 0, "a", "ask")), Evidence{}, []string{"duplicate_span_id a = b"}},
		{"a retried step got the same id again", []*trace.Span{
			sp(1, 0, "a", "ask"), sp(2, 1, "a", "step"), sp(2, 1, "a", "step", at(30*second, 31*second)),
		}, Evidence{}, []string{`duplicate_span_id a: "step"`}},
		{"two services made inner spans of one id", []*trace.Span{
			sp(1, 0, "a", "ask"), sp(2, 1, "a", "step"), sp(2, 1, "b", "step"),
		}, Evidence{}, []string{"duplicate_span_id a = b"}},
	})
}

func TestSharedLow64(t *testing.T) {
	long := trace.TraceID{0: 0xaa, 15: 7}
	short := trace.TraceID{15: 7}
	padded := trace.TraceID{0: 0xbb, 15: 7}
	check(t, SharedLow64, []broken{
		{"another trace went on with half of the id", []*trace.Span{sp(1, 0, "gateway", "ask", in(long))},
			Evidence{Sharing: []trace.TraceID{short}}, []string{"shared_low_64 gateway → 64-bit hop"}},
		{"this trace is the part after the cut", []*trace.Span{sp(1, 0, "legacy", "ask", in(short), kind(trace.KindServer))},
			Evidence{Sharing: []trace.TraceID{long}}, []string{"shared_low_64 64-bit hop → legacy"}},
		{"this trace is the part after the cut and its parent is in the other", []*trace.Span{sp(1, 9, "legacy", "serve", in(short), parentWas(true))},
			Evidence{Sharing: []trace.TraceID{long}}, []string{"missing_parent ? → legacy", "shared_low_64 64-bit hop → legacy"}},
		{"a hop filled up the high half", []*trace.Span{sp(1, 0, "gateway", "ask", in(long))},
			Evidence{Sharing: []trace.TraceID{padded}}, []string{"shared_low_64 gateway: high half of the trace id"}},
		{"a trace that shares nothing is no proof", []*trace.Span{sp(1, 0, "gateway", "ask", in(long))},
			Evidence{Sharing: []trace.TraceID{long, otherTrace}}, nil},
	})
}
