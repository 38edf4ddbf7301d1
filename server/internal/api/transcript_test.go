package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clewhq/clew/server/internal/trace"
)

// agentLoop is a trace of n calls, each of which asks for a tool and has all of the history in its input.
func agentLoop(n int) []*trace.Span {
	text := func(key, v string) trace.Attribute { return trace.Attribute{Key: key, Value: trace.StringValue(v)} }
	spans := []*trace.Span{newSpan(wholeTrace, 1, 0, "agent", "run", 0, 100*n)}
	spans[0].Type = "AGENT"
	history := `{"role":"user","content":"go"}`
	for i := range n {
		answer := fmt.Sprintf(`{"role":"assistant","tool_calls":[{"id":"c%d","function":{"name":"step","arguments":"{\"n\":%d}"}}]}`, i, i)
		call := newSpan(wholeTrace, 0, 1, "agent", "chat", 100*i, 100*i+50)
		call.ID = trace.SpanID{1, 5: byte(i >> 16), 6: byte(i >> 8), 7: byte(i)}
		call.Attributes = trace.Attributes{
			text("lmnr.span.type", "LLM"), text("lmnr.span.input", "["+history+"]"), text("lmnr.span.output", "["+answer+"]"),
			text("gen_ai.response.model", "gpt-4o-mini"), text("gen_ai.provider.name", "openai"), text("gen_ai.usage.input_tokens", "10"),
			text("gen_ai.usage.output_tokens", "1"),
		}
		tool := newSpan(wholeTrace, 0, 1, "agent", "step", 100*i+60, 100*i+90)
		tool.ID = trace.SpanID{2, 5: byte(i >> 16), 6: byte(i >> 8), 7: byte(i)}
		tool.Attributes = trace.Attributes{text("lmnr.span.type", "TOOL"), text("gen_ai.tool.call.id", fmt.Sprint("c", i)), text("gen_ai.tool.name", "step")}
		testDeriver().Derive(call)
		testDeriver().Derive(tool)
		spans = append(spans, call, tool)
		history += fmt.Sprintf(`,%s,{"role":"tool","tool_call_id":"c%d","content":"result %d"},{"role":"user","content":"more %d"}`, answer, i, i, i)
	}
	return spans
}

func TestATranscriptIsReadInPages(t *testing.T) {
	const calls = 70
	srv := newServer(t, agentLoop(calls)...)
	var turns int
	for offset := 0; ; offset += 25 {
		page, err := srv.Transcript(t.Context(), wholeTrace.String(), offset, 25)
		if err != nil {
			t.Fatal(err)
		}
		if page.Count != calls+1 || page.Sum.Calls != calls || page.Sum.ToolRuns != calls || *page.Sum.InputTokens != 10*calls || page.Sum.Cost == nil {
			t.Fatalf("%d turns, sum %+v", page.Count, page.Sum)
		}
		if len(page.Turns) == 0 {
			break
		}
		for _, turn := range page.Turns {
			at := turns - 1 // the agent is first
			turns++
			if turn.Kind == "agent" {
				continue
			}
			want := fmt.Sprint("more ", at-1)
			if at == 0 {
				want = "go"
			}
			if len(turn.Messages) != 1 || turn.Messages[0].Parts[0].Text != want || turn.Given != 1+3*at || turn.Depth != 1 {
				t.Fatalf("turn %d is given %d and says %+v; want %q alone", turns, turn.Given, turn.Messages, want)
			}
			use := turn.Tools[0]
			if use.Span == nil || use.Span.DurationNS != 30e6 || at < calls-1 && use.Result != fmt.Sprint("result ", at) {
				t.Fatalf("turn %d: %+v", turns, use)
			}
		}
	}
	if turns != calls+1 {
		t.Errorf("%d turns were read, want %d", turns, calls+1)
	}
}

func TestTheTurnOfOneSpanIsAskedFor(t *testing.T) {
	spans := agentLoop(5)
	srv := newServer(t, spans...)
	path := "/traces/" + wholeTrace.String() + "/transcript?span="
	_, body := srv.get(t, http.MethodGet, path+spans[5].ID.String())
	for _, want := range []string{`"offset":3`, `"follows":"` + spans[3].ID.String() + `"`, `"text":"more 1"`, `"folded":[5]`} {
		if !strings.Contains(string(body), want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
	if _, body = srv.get(t, http.MethodGet, path+spans[2].ID.String()); !strings.Contains(string(body), `"offset":1,`) {
		t.Errorf("the span of a tool gives %s, want the call before it", body)
	}
	if _, body = srv.get(t, http.MethodGet, path+"00000000000000ff"); !strings.Contains(string(body), `"turns":[]`) {
		t.Errorf("a span that is not there gives %s", body)
	}
}
