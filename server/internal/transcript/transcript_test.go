package transcript

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/dialect"
	"github.com/clewhq/clew/server/internal/trace"
)

// made is a trace under construction; its spans follow each other in time.
type made struct {
	spans []*trace.Span
}

func (m *made) span(parent byte, kind, name string, attributes ...string) byte {
	id := byte(len(m.spans) + 1)
	s := &trace.Span{
		TraceID: trace.TraceID{1}, ID: trace.SpanID{7: id}, Name: name, Start: trace.Time(1000 + int(id)*10), End: trace.Time(1005 + int(id)*10),
		Resource: &trace.Resource{}, Scope: &trace.Scope{},
	}
	if parent > 0 {
		s.ParentID = trace.SpanID{7: parent}
	}
	if kind != "" {
		attributes = append(attributes, "lmnr.span.type", kind)
	}
	for i := 0; i+1 < len(attributes); i += 2 {
		s.Attributes = append(s.Attributes, trace.Attribute{Key: attributes[i], Value: trace.StringValue(attributes[i+1])})
	}
	dialect.Derive(s)
	m.spans = append(m.spans, s)
	return id
}

// call is a model call: messages are "role: text", "assistant: calls id name" and "tool: id result".
func (m *made) call(parent byte, answer string, messages ...string) byte {
	return m.span(parent, "LLM", "chat", "gen_ai.input.messages", conversation(messages...), "gen_ai.output.messages", conversation(answer),
		"gen_ai.usage.input_tokens", "10", "gen_ai.usage.output_tokens", "2")
}

func (m *made) tool(parent byte, name, id, result string) byte {
	return m.span(parent, "TOOL", name, "gen_ai.tool.call.id", id, "gen_ai.tool.call.arguments", `{"q":1}`, "gen_ai.tool.call.result", result)
}

func conversation(messages ...string) string {
	var out []map[string]any
	for _, text := range messages {
		role, said, _ := strings.Cut(text, ": ")
		parts := []map[string]any{}
		words := strings.Fields(said)
		switch {
		case role == "tool":
			parts = append(parts, map[string]any{"type": "tool_call_response", "id": words[0], "response": words[1]})
		case strings.HasPrefix(said, "calls "):
			for i := 1; i+1 < len(words); i += 2 {
				parts = append(parts, map[string]any{"type": "tool_call", "id": strings.Trim(words[i], "-"), "name": words[i+1], "arguments": map[string]any{"q": 1}})
			}
		default:
			parts = append(parts, map[string]any{"type": "text", "content": said})
		}
		out = append(out, map[string]any{"role": role, "parts": parts})
	}
	b, _ := json.Marshal(out)
	return string(b)
}

// read tells turns [from, to) as text.
func read(t *testing.T, spans []*trace.Span, from, to int) []string {
	t.Helper()
	outlines := make([]*trace.Span, len(spans))
	whole := map[trace.Identity]*trace.Span{}
	for i, s := range spans {
		o := *s
		o.Attributes, o.Events, o.Input, o.Output = nil, nil, "", ""
		outlines[i], whole[s.Identity()] = &o, s
	}
	turns, _ := Turns(outlines)
	r := NewReader(turns, from, to)
	for _, s := range r.Wants() {
		r.Read(whole[s.Identity()])
	}
	var out []string
	for i, said := range r.Said() {
		turn := turns[from+i]
		line := fmt.Sprintf("%s%s %s", strings.Repeat("  ", turn.Depth), turn.Kind, turn.Span.Name)
		if turn.Kind == Agent {
			line += fmt.Sprintf(" (%d calls, %d tools, %d→%d)", turn.Sum.Calls, turn.Sum.ToolRuns, *turn.Sum.InputTokens, *turn.Sum.OutputTokens)
		}
		if said.Follows != nil {
			line += fmt.Sprintf(" after %d", said.Follows.ID[7])
		}
		for _, m := range said.Messages {
			line += fmt.Sprintf(" | %d %s: %s", m.At, m.Role, words(m))
		}
		for _, m := range said.Answer {
			line += " => " + words(m)
		}
		for _, u := range said.Tools {
			line += fmt.Sprintf(" [%s = %v by %s", u.Name, u.Result, u.From)
			if u.Span != nil {
				line += fmt.Sprintf(", span %d", u.Span.ID[7])
			}
			line += "]"
		}
		out = append(out, line)
	}
	return out
}

func words(m Message) string {
	var out []string
	for _, p := range m.Parts {
		switch p.Type {
		case dialect.Call:
			out = append(out, "calls "+p.Name)
		case dialect.Result:
			out = append(out, fmt.Sprint("result ", p.Value))
		default:
			out = append(out, p.Text)
		}
	}
	return strings.Join(out, ", ")
}

func TestATranscriptTellsWhatIsNew(t *testing.T) {
	tests := map[string]struct {
		make func(*made)
		want []string
	}{
		"a loop of an agent: history is left out, results go to the calls": {
			func(m *made) {
				a := m.span(0, "AGENT", "planner", "gen_ai.operation.name", "invoke_agent")
				m.call(a, "assistant: calls c1 weather c2 trams", "system: be brief", "user: rain?")
				m.tool(a, "execute_tool weather", "c1", "wet")
				m.tool(a, "execute_tool trams", "c2", "28")
				m.call(a, "assistant: yes", "system: be brief", "user: rain?", "assistant: calls c1 weather c2 trams", "tool: c1 wet", "tool: c2 28")
				m.call(a, "assistant: bye", "system: be brief", "user: rain?", "assistant: calls c1 weather c2 trams", "tool: c1 wet", "tool: c2 28", "assistant: yes", "user: thanks")
			},
			[]string{
				"agent planner (3 calls, 2 tools, 30→6)",
				"  call chat | 0 system: be brief | 1 user: rain? => calls weather, calls trams [weather = wet by history, span 3] [trams = 28 by history, span 4]",
				"  call chat after 2 => yes",
				"  call chat after 5 | 6 user: thanks => bye",
			},
		},
		"a result that only its span has, and one that only history has": {
			func(m *made) {
				m.call(0, "assistant: calls c1 weather c2 trams", "user: rain?")
				m.tool(0, "weather", "c1", "wet")
				m.call(0, "assistant: yes", "user: rain?", "assistant: calls c1 weather c2 trams", "tool: c2 28")
			},
			[]string{
				"call chat | 0 user: rain? => calls weather, calls trams [weather = wet by span, span 2] [trams = 28 by history]",
				"call chat after 1 => yes",
			},
		},
		"tools without ids are paired by name in their order": {
			func(m *made) {
				m.call(0, "assistant: calls - weather - weather", "user: rain?")
				m.tool(0, "weather", "", "wet")
				m.tool(0, "weather", "", "dry")
				m.tool(0, "other", "", "x")
			},
			[]string{"call chat | 0 user: rain? => calls weather, calls weather [weather = wet by span, span 2] [weather = dry by span, span 3] [other = x by span, span 4]"},
		},
		"instructions that changed are new, what follows is not": {
			func(m *made) {
				m.call(0, "assistant: 1", "system: it is noon", "user: a")
				m.call(0, "assistant: 2", "system: it is one", "user: a", "assistant: 1", "user: b")
			},
			[]string{
				"call chat | 0 system: it is noon | 1 user: a => 1",
				"call chat after 1 | 0 system: it is one | 3 user: b => 2",
			},
		},
		"an answer that comes back in other words is not told again": {
			func(m *made) {
				m.call(0, "assistant: One.", "user: a")
				m.call(0, "assistant: 2", "user: a", "assistant: one", "user: b")
			},
			[]string{"call chat | 0 user: a => One.", "call chat after 1 | 2 user: b => 2"},
		},
		"what is said twice is new twice": {
			func(m *made) {
				m.call(0, "assistant: sure?", "user: yes")
				m.call(0, "assistant: ok", "user: yes", "assistant: sure?", "user: yes")
			},
			[]string{"call chat | 0 user: yes => sure?", "call chat after 1 | 2 user: yes => ok"},
		},
		"a window that slides": {
			func(m *made) {
				m.call(0, "assistant: 3", "user: a", "assistant: 1", "user: b", "assistant: 2", "user: c")
				m.call(0, "assistant: 4", "user: b", "assistant: 2", "user: c", "assistant: 3", "user: d")
			},
			[]string{
				"call chat | 0 user: a | 1 assistant: 1 | 2 user: b | 3 assistant: 2 | 4 user: c => 3",
				"call chat after 1 | 4 user: d => 4",
			},
		},
		"the same instructions alone are another conversation": {
			func(m *made) {
				m.call(0, "assistant: 1", "system: s", "user: a")
				m.call(0, "assistant: 2", "system: s", "user: b")
			},
			[]string{"call chat | 0 system: s | 1 user: a => 1", "call chat | 0 system: s | 1 user: b => 2"},
		},
		"an agent in a tool is one deeper, and the agent around goes on where it was": {
			func(m *made) {
				a := m.span(0, "AGENT", "lead", "gen_ai.operation.name", "invoke_agent")
				m.call(a, "assistant: calls c1 research", "user: go")
				tool := m.tool(a, "research", "c1", "found")
				b := m.span(tool, "AGENT", "researcher", "gen_ai.operation.name", "invoke_agent")
				m.call(b, "assistant: found", "user: topic")
				m.call(a, "assistant: done", "user: go", "assistant: calls c1 research", "tool: c1 found")
			},
			[]string{
				"agent lead (3 calls, 1 tools, 30→6)",
				"  call chat | 0 user: go => calls research [research = found by history, span 3]",
				"  tool research",
				"    agent researcher (1 calls, 0 tools, 10→2)",
				"      call chat | 0 user: topic => found",
				"  call chat after 2 => done",
			},
		},
		"an agent that is called again goes on": {
			func(m *made) {
				a := m.span(0, "AGENT", "bot", "gen_ai.operation.name", "invoke_agent")
				m.call(a, "assistant: 1", "user: a")
				b := m.span(0, "AGENT", "bot", "gen_ai.operation.name", "invoke_agent")
				m.call(b, "assistant: 2", "user: a", "assistant: 1", "user: b")
			},
			[]string{
				"agent bot (1 calls, 0 tools, 10→2)", "  call chat | 0 user: a => 1",
				"agent bot (1 calls, 0 tools, 10→2)", "  call chat after 2 | 2 user: b => 2",
			},
		},
		"a call around a call is the same call, told by somebody else": {
			func(m *made) {
				w := m.span(0, "LLM", "ChatOpenAI", "gen_ai.input.messages", conversation("user: a"))
				m.call(w, "assistant: 1", "user: a")
			},
			[]string{"call chat | 0 user: a => 1"},
		},
		"a tool that nobody asked for, and what is inside of a tool": {
			func(m *made) {
				tool := m.tool(0, "index", "", "ok")
				m.tool(tool, "embed", "", "ok")
			},
			[]string{"tool index [index = ok by span, span 1]"},
		},
		"no calls at all": {func(m *made) { m.span(0, "", "GET /") }, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var m made
			test.make(&m)
			got := read(t, m.spans, 0, 100)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("transcript (-want +got):\n%s", diff)
			}
			for i := range got { // a page says what the whole says
				if diff := cmp.Diff(got[i:i+1], read(t, m.spans, i, i+1)); diff != "" {
					t.Errorf("turn %d alone (-in the whole +alone):\n%s", i, diff)
				}
			}
		})
	}
}

func TestWhatIsLongIsCut(t *testing.T) {
	var m made
	messages := []string{"system: s"}
	for i := range 1000 {
		messages = append(messages, fmt.Sprint("user: ", i))
	}
	messages = append(messages, "user: "+strings.Repeat("é", maxText))
	m.call(0, "assistant: ok", messages...)
	turns, _ := Turns(m.spans)
	r := NewReader(turns, 0, 1)
	r.Read(m.spans[0])
	said := r.Said()[0]
	if said.Given != 1002 || len(said.Messages) != maxMessages || said.Messages[0].Role != "system" || said.Messages[1].At != 1002-maxMessages+1 {
		t.Errorf("%d messages of %d, the second at %d", len(said.Messages), said.Given, said.Messages[1].At)
	}
	last := said.Messages[maxMessages-1].Parts[0]
	if len(last.Text) != maxText || last.Cut != maxText {
		t.Errorf("%d bytes are said, %d are left out; want %d each", len(last.Text), last.Cut, maxText)
	}
	if v, cut := cutValue(map[string]any{"a": strings.Repeat("x", 2*maxText)}); len(v.(string)) != maxText || cut == 0 {
		t.Errorf("a long value is %T, %d bytes left out", v, cut)
	}
}

// A trace can claim anything of its parents and types.
func TestEveryCallIsOneTurnWhateverTheTree(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	kinds := []string{"LLM", "TOOL", "AGENT", "DEFAULT", "CACHED"}
	for range 300 {
		n := 1 + rnd.IntN(40)
		spans := make([]*trace.Span, n)
		for i := range spans {
			spans[i] = &trace.Span{TraceID: trace.TraceID{1}, ID: trace.SpanID{7: byte(1 + rnd.IntN(n))}, Start: trace.Time(1 + rnd.IntN(50)), Resource: &trace.Resource{}}
			spans[i].Service = fmt.Sprint(i)
			spans[i].Type, spans[i].ParentID[7] = kinds[rnd.IntN(len(kinds))], byte(rnd.IntN(n+3))
		}
		turns, sum := Turns(spans)
		calls := 0
		for i, turn := range turns {
			if turn.Kind == Call {
				calls++
			}
			for _, b := range turn.Before {
				if b >= i || turns[b].Kind != Call {
					t.Fatalf("turn %d goes on from %d, a %s", i, b, turns[b].Kind)
				}
			}
			if turn.After >= 0 && turn.After <= i {
				t.Fatalf("turn %d is gone on from by %d", i, turn.After)
			}
			if i > 0 && turn.Depth > turns[i-1].Depth+1 {
				t.Fatalf("turn %d is %d deep after one that is %d", i, turn.Depth, turns[i-1].Depth)
			}
		}
		if calls != sum.Calls {
			t.Fatalf("%d turns are calls, the sum says %d", calls, sum.Calls)
		}
		r := NewReader(turns, 0, len(turns))
		for _, s := range r.Wants() {
			r.Read(s)
		}
		if got := len(r.Said()); got != len(turns) {
			t.Fatalf("%d of %d turns say something", got, len(turns))
		}
	}
}
