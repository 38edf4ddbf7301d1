package terminal

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestWriteTree(t *testing.T) {
	begin := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	span := func(id, parent, service, name string, from, to time.Duration, more ...func(*client.SpanOutline)) client.SpanOutline {
		s := client.SpanOutline{
			SpanID: pad16(id), ParentSpanID: pad16(parent), Service: service, Name: name, Type: "DEFAULT", Kind: "internal",
			StartTime: client.Time{Time: begin.Add(from)}, EndTime: client.Time{Time: begin.Add(to)}, DurationNS: int64(to - from),
		}
		for _, m := range more {
			m(&s)
		}
		return s
	}
	llm := func(in, out int64) func(*client.SpanOutline) {
		return func(s *client.SpanOutline) { s.Type, s.InputTokens, s.OutputTokens = "LLM", &in, &out }
	}
	failed := func(s *client.SpanOutline) { s.Status = "error" }
	open := func(s *client.SpanOutline) { s.Open, s.EndTime, s.DurationNS = true, client.Time{}, 0 }
	const ms = time.Millisecond
	sum := func(name string, o client.Outline, length time.Duration, roots, orphans int, services ...string) client.Outline {
		o.Trace = client.TraceSummary{
			TraceID: "9811cf64a354a9dc9ee00b4b613f34b9", Name: name, StartTime: client.Time{Time: begin}, DurationNS: int64(length),
			Services: services, SpanCount: len(o.Spans), RootCount: roots, OrphanCount: orphans,
		}
		return o
	}
	in, out, cost := int64(812), int64(143), 0.0021
	whole := sum("POST /ask", client.Outline{Spans: []client.SpanOutline{
		span("1", "", "gateway", "POST /ask", 0, 812*ms),
		span("2", "1", "planner", "plan the answer to a question", 5*ms, 800*ms),
		span("3", "2", "planner", "chat gpt-4o-mini", 10*ms, 220*ms, llm(412, 43)),
		span("4", "2", "planner", "POST", 230*ms, 300*ms, failed),
		span("5", "4", "tools", "POST /tools/search", 231*ms, 299*ms, failed),
		span("6", "2", "planner", "chat gpt-4o-mini", 330*ms, 790*ms, llm(400, 100)),
		span("7", "1", "gateway", "render", 801*ms, 810*ms),
	}}, 812*ms, 1, 0, "gateway", "planner", "tools")
	whole.Trace.ErrorCount, whole.Trace.InputTokens, whole.Trace.OutputTokens, whole.Trace.Cost = 2, &in, &out, &cost
	whole.Trace.SessionID, whole.Trace.UserID = "chat-42", "ada"

	broken := sum("ask", client.Outline{
		Spans: []client.SpanOutline{
			span("1", "", "gateway", "ask", 0, 100*ms),
			span("2", "9", "tools", "lookup", 20*ms, 30*ms), span("3", "9", "tools", "rank", 30*ms, 40*ms), span("4", "1", "gateway", "still running", 50*ms, 0, open),
		},
		Breaks: []client.Break{
			{Kind: "missing_parent", Place: "gateway → tools", Proof: []string{"First.", strings.Repeat("A long sentence. ", 10)}, Cause: "Most likely this.", Fix: "Change that."},
			{Kind: "several_roots", Place: "a | b", Proof: []string{"One."}, Cause: "C.", Fix: "F."},
		},
	}, 100*ms, 1, 2, "gateway", "tools")

	torn := broken
	torn.Placeholders = []client.Placeholder{
		{SpanID: pad16("8"), ParentSpanID: pad16("1"), Name: "plan\n" + strings.Repeat(" on and on", 10)}, {SpanID: pad16("9"), ParentSpanID: pad16("8"), Name: "delegate"},
	}
	torn.Breaks = broken.Breaks[:1]

	var chain []client.SpanOutline
	for i := range 40 {
		chain = append(chain, span(fmt.Sprint(i+1), strings.TrimPrefix(fmt.Sprint(i), "0"), "a", fmt.Sprintf("step %d", i), time.Duration(i)*ms, time.Duration(i+1)*ms))
	}
	hostile := sum("\x1b[2Jgone\n", client.Outline{Spans: []client.SpanOutline{
		span("1", "1", "a\x07", "\x1b]0;title\x07 and a name that is much longer than anybody would want to read in one line", -5*ms, 5*ms),
		span("2", "3", "", "", 0, 0), span("3", "2", "b", "circle", 1*ms, 2*ms), span("3", "2", "b", "twin", 2*ms, 3*ms),
	}}, 0, 0, 0, "a")

	for name, tc := range map[string]struct {
		outline client.Outline
		width   int
		color   bool
	}{
		"whole":   {whole, 110, false},
		"narrow":  {whole, 60, false},
		"color":   {whole, 100, true},
		"broken":  {broken, 80, false},
		"torn":    {torn, 80, false},
		"deep":    {sum("step 0", client.Outline{Spans: chain}, 40*ms, 1, 0, "a"), 100, false},
		"hostile": {hostile, 100, false},
		"nothing": {client.Outline{}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			if err := WriteTree(&got, tc.outline, tc.width, tc.color); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "tree", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("differs from %s; run with -update if it should (-want +got):\n%s", golden, diff)
			}
		})
	}
}

func pad16(id string) string {
	if id == "" {
		return ""
	}
	return strings.Repeat("0", 16-len(id)) + id
}
