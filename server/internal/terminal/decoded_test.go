package terminal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/decode"
)

func TestWriteDecoded(t *testing.T) {
	const (
		parent     = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
		serialized = `{"traceId":"4bf92f35-77b3-4da6-a3ce-929d0e0e4736","spanId":"00f067aa0ba902b7","spanPath":["ask","plan"],"sessionId":"chat-42","userId":"ada","metadata":{"plan":"pro","seats":3}}`
	)
	stored := func(d *client.Decoded) {
		d.Store = client.StoreAnswer{Asked: true}
		d.Contexts[0].Stored = &client.StoredContext{
			Trace: &client.TraceSummary{Name: "POST /ask", SpanCount: 7, ErrorCount: 1, Services: []string{"gateway", "planner"}},
			Spans: []client.SpanOutline{{Name: "plan", Service: "planner", Status: "ok"}, {Name: "plan", Service: "twin", Open: true, StartTime: client.Time{Time: time.Unix(1, 0)}}},
			Link:  "/traces/4bf92f3577b34da6a3ce929d0e0e4736?span=00f067aa0ba902b7",
		}
	}
	unknown := func(d *client.Decoded) {
		d.Store = client.StoreAnswer{Asked: true}
		d.Contexts[0].Stored = &client.StoredContext{Sharing: []string{"0000000000000000a3ce929d0e0e4736"}}
	}
	spanless := func(d *client.Decoded) {
		stored(d)
		d.Contexts[0].Stored.Spans, d.Contexts[0].Stored.Link = nil, "/traces/4bf92f3577b34da6a3ce929d0e0e4736"
	}
	for name, tc := range map[string]struct {
		text   string
		change func(*client.Decoded)
		width  int
		color  bool
	}{
		"stored":    {"traceparent: " + parent, stored, 100, false},
		"unknown":   {parent, unknown, 100, false},
		"spanless":  {parent, spanless, 100, false},
		"headers":   {"> POST / HTTP/1.1\n> traceparent: " + parent + "\n> tracestate: a=1,B=2\n> X-Laminar-Span-Context: " + serialized + "\n> baggage: plan=pro\n> b3: 1-1-1\n", nil, 100, false},
		"character": {"traceparent: " + strings.Replace(parent, "0e0e", "0e0E", 1), nil, 80, false},
		"color":     {"traceparent: " + strings.Replace(parent, "0e0e", "0e0E", 1), nil, 80, true},
		"long_line": {"\t" + strings.Repeat("é", 300) + " " + strings.Replace(parent, "00f0", "zzf0", 1) + " " + strings.Repeat("x", 300), nil, 60, false},
		"hostile":   {"Mirascope-Session-Id: \x1b[2Jgone\u202e\x07\nX-Laminar-Span-Context: " + strings.Replace(serialized, "ada", `\u001b]0;title\u0007`, 1), nil, 80, false},
		"nothing":   {"hello", nil, 80, false},
		"narrow":    {"LMNR_SPAN_CONTEXT=" + serialized, nil, 40, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := decode.Text(tc.text)
			d.Store.Reason = "--offline"
			if tc.change != nil {
				tc.change(&d)
			}
			var got strings.Builder
			if err := WriteDecoded(&got, tc.text, d, "http://127.0.0.1:4318/", tc.width, tc.color); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "decoded", name+".txt")
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
