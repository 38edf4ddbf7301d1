package instrumentations

import (
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/internal/modeltest"
	"github.com/clewhq/clew/interop/internal/peer"
	"github.com/clewhq/clew/server/client"
)

// instrumentation is one of those, and what it doesn't write.
type instrumentation struct {
	pkg     peer.Package
	program func(t testing.TB, script string, env ...string) *peer.Program
	script  string

	loop     bool // it calls the tool and asks again
	lacks    []string
	tolerate string // what its log says of a refusal
}

var all = []instrumentation{
	{
		pkg: peer.Package{Registry: "PyPI", Name: "opentelemetry-instrumentation-openai"}, program: peer.Python, script: "with_openllmetry.py",
		lacks: []string{"tags"},
	},
	{
		pkg: peer.Package{Registry: "PyPI", Name: "openinference-instrumentation-openai"}, program: peer.Python, script: "with_openinference.py",
		lacks: []string{"model that was asked for", "model of a refused call"},
	},
	{
		pkg: peer.Package{Registry: "PyPI", Name: "langfuse"}, program: peer.Python, script: "with_langfuse.py",
		lacks: []string{"provider", "model that was asked for"}, tolerate: "Error code: 400 - " + modeltest.Refusal,
	},
	{
		pkg: peer.Package{Registry: "npm", Name: "@arizeai/openinference-instrumentation-openai"}, program: peer.Node, script: "with_openinference.mjs",
		lacks: []string{"model that was asked for", refused, "usage and model of a streamed chat"},
	},
	{pkg: peer.Package{Registry: "npm", Name: "ai"}, program: peer.Node, script: "with_ai.mjs", loop: true},
}

// refused is a call that some don't write at all.
const refused = "a refused call"

func (in *instrumentation) has(what string) bool { return !slices.Contains(in.lacks, what) }

func TestACallThatOthersRecordIsReadAsWhatItWas(t *testing.T) {
	srv := peer.StartServer(t)
	model := httptest.NewServer(modeltest.Handler())
	t.Cleanup(model.Close)
	for _, in := range all {
		t.Run(in.script, func(t *testing.T) {
			t.Parallel()
			for _, what := range in.lacks {
				in.pkg.Lacks(t, what, "it isn't written")
			}
			program := in.program(t, "instrumentations/"+in.script)
			var asked map[string]struct{ Trace string }
			program.Run(t, map[string]string{"endpoint": srv.URL, "model": model.URL}, &asked)
			for _, kind := range slices.Sorted(maps.Keys(asked)) {
				if kind == "refusal" && !in.has(refused) {
					continue
				}
				t.Run(kind, func(t *testing.T) {
					in.pkg.Check(t, "model call: "+kind)
					in.check(t, srv, kind, srv.Await(t, asked[kind].Trace, 2))
				})
			}
			t.Run("log", func(t *testing.T) {
				in.pkg.Check(t, "nothing is said to be wrong")
				for _, c := range program.Complaints() {
					if c != in.tolerate {
						t.Errorf("it says: %s", c)
					}
				}
			})
		})
	}
}

// check holds a trace of one call, and in a loop of two, against what was asked.
func (in *instrumentation) check(t *testing.T, srv *peer.Server, kind string, tr peer.Trace) {
	sum := tr.Trace.Trace
	if sum.Name != kind || sum.RootCount != 1 || sum.OrphanCount != 0 || sum.SessionID != "chat-7" || sum.UserID != "ann" {
		t.Errorf("the trace is %+v", sum)
	}
	var calls []client.SpanDetail
	noted := map[string]any{} // by whichever span has it
	var tags []string
	for _, s := range tr.Spans {
		maps.Copy(noted, s.Metadata)
		tags = append(tags, s.Tags...)
		if s.Type != "LLM" {
			continue
		}
		call, err := srv.Span(t.Context(), s.TraceID, s.SpanID, 0, false)
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, call)
	}
	slices.Sort(tags)
	if noted["plan"] != "pro" {
		t.Errorf("metadata %v", noted)
	}
	if got := slices.Compact(tags); in.has("tags") && !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("tags %q", got)
	}
	tools := strings.Contains(kind, "tool call")
	if want := 1 + btoi(tools && in.loop); len(calls) != want {
		t.Fatalf("%d calls of a model, want %d:\n%s", len(calls), want, tr)
	}
	first, last := calls[0], calls[len(calls)-1]
	if first.Provider != "openai" && in.has("provider") {
		t.Errorf("provider %q", first.Provider)
	}
	if got := said(first.View.Messages, first.Input); got != modeltest.Question {
		t.Errorf("asked %q, want %q", got, modeltest.Question)
	}
	if kind == "refusal" {
		if first.Status != "error" || sum.ErrorCount == 0 || first.Model != modeltest.Closed && in.has("model of a refused call") {
			t.Errorf("status %s, model %q", first.Status, first.Model)
		}
		return
	}
	if in.has("usage and model of a streamed chat") || !strings.HasPrefix(kind, "stream") || strings.HasSuffix(kind, "Responses") {
		in.checkUsage(t, tr, calls)
	}
	if strings.HasPrefix(kind, "stream") && in.loop && first.View.FirstTokenNS == nil {
		t.Error("it has no time to the first token")
	}
	if tools {
		in.checkTool(t, tr, first)
	}
	if !tools || in.loop {
		if got := said(last.View.Answer, last.Output); got != modeltest.Said {
			t.Errorf("answered %q, want %q", got, modeltest.Said)
		}
	}
}

// checkUsage holds what is known of the answers against what the provider sends.
func (in *instrumentation) checkUsage(t *testing.T, tr peer.Trace, calls []client.SpanDetail) {
	for _, call := range calls {
		if call.Model != "gpt-4o-2024-08-06" || call.View.RequestModel != "gpt-4o" && in.has("model that was asked for") || call.Status == "error" {
			t.Errorf("model %q, asked for %q, status %s", call.Model, call.View.RequestModel, call.Status)
		}
		want, got := []int64{modeltest.Asked, modeltest.Answered}, []int64{deref(call.InputTokens), deref(call.OutputTokens)}
		if diff := cmp.Diff(want, got); diff != "" || deref(call.Cost) <= 0 {
			t.Errorf("cost %v, tokens (-want +got):\n%s", deref(call.Cost), diff)
		}
	}
	// What is around repeats the usage, and it counts once.
	if got, want := deref(tr.Trace.Trace.InputTokens), int64(modeltest.Asked*len(calls)); got != want {
		t.Errorf("the trace took %d tokens, want %d", got, want)
	}
}

func (in *instrumentation) checkTool(t *testing.T, tr peer.Trace, call client.SpanDetail) {
	var called []string
	for _, m := range call.View.Answer {
		for _, p := range m.Parts {
			if p.Type == "tool_call" {
				called = append(called, fmt.Sprint(p.Name, " ", p.Value))
			}
		}
	}
	if diff := cmp.Diff([]string{"measure map[of:labyrinth]"}, called); diff != "" {
		t.Errorf("tools that are called (-want +got):\n%s", diff)
	}
	if len(call.View.Tools) != 1 || call.View.Tools[0].Name != modeltest.Tool || call.View.Tools[0].Description != "Measures." {
		t.Errorf("tools %+v", call.View.Tools)
	}
	if !in.loop {
		return
	}
	i := slices.IndexFunc(tr.Spans, func(s client.Span) bool { return s.Type == "TOOL" })
	if i < 0 {
		t.Fatalf("no tool ran:\n%s", tr)
	}
	if s := tr.Spans[i]; s.Input != modeltest.Arguments || !strings.Contains(s.Output, "labyrinth: 40") {
		t.Errorf("the tool was given %s and gave %s", s.Input, s.Output)
	}
}

// said is the text of a conversation's messages, or what stands in its place.
func said(messages []client.Message, plain string) string {
	var b strings.Builder
	for _, m := range messages {
		for _, p := range m.Parts {
			b.WriteString(p.Text)
		}
		if m.Role == "user" {
			break // what comes after is of the loop
		}
	}
	if len(messages) == 0 {
		return plain
	}
	return b.String()
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
