package decode

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/propagators"
	"github.com/clewhq/clew/server/client"
)

const (
	parent      = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	otherParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
	serialized  = `{"traceId":"4bf92f35-77b3-4da6-a3ce-929d0e0e4736","spanId":"00000000-0000-0000-00f0-67aa0ba902b7","spanPath":["ask","plan"],"sessionId":"chat-42","userId":"ada","metadata":{"plan":"}pro{","seats":3}}`
)

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// tell writes what matters of an answer on one line for each context.
func tell(d client.Decoded) []string {
	var out []string
	for _, c := range d.Contexts {
		var b strings.Builder
		fmt.Fprintf(&b, "%d %s %s", c.Carrier, c.Format, c.Effect)
		if c.Times > 1 {
			fmt.Fprintf(&b, " ×%d", c.Times)
		}
		for _, f := range c.Fields {
			fmt.Fprintf(&b, " %s@%d:%d", f.Name, f.At.Line, f.At.Column)
			if len(f.Encodings) > 0 {
				fmt.Fprintf(&b, "(%s)", strings.Join(f.Encodings, ","))
			}
		}
		for _, p := range c.Problems {
			b.WriteString(" !" + p.Reason)
			if p.Field != "" {
				fmt.Fprintf(&b, " %s", p.Field)
			}
			if p.At != nil {
				fmt.Fprintf(&b, "@%d:%d", p.At.Line, p.At.Column)
			}
		}
		out = append(out, b.String())
	}
	return out
}

func TestContextsAreFoundInWhateverIsPasted(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"nothing":                      {"", nil},
		"prose":                        {"The traceparent: is it lost? baggage = none, b3: no", nil},
		"a traceparent alone":          {parent, []string{"0 tracecontext continue @1:1"}},
		"a traceparent between blanks": {"\n\t " + parent + " \n", []string{"0 tracecontext continue @2:3"}},
		"a serialized context alone":   {serialized, []string{"0 laminar continue @1:1"}},
		"a serialized context, indented": {
			strings.NewReplacer(`{"t`, "{\n  \"t", `,"s`, ",\n  \"s").Replace(serialized), []string{"0 laminar continue @1:1"},
		},
		"a serialized context as a JSON string": {quote(serialized), []string{"0 laminar continue @1:2"}},
		"a serialized context cut out of a JSON string": {
			strings.Trim(quote(serialized), `"`), []string{"0 laminar continue @1:1"},
		},
		"a serialized context in base64": {
			base64.StdEncoding.EncodeToString([]byte(serialized)), []string{"0 laminar continue @1:1(base64)"},
		},
		"a header": {"traceparent: " + parent, []string{"0 tracecontext continue traceparent@1:14"}},
		"a block of headers": {
			"GET /ask HTTP/1.1\r\nHost: tools\r\nTraceparent:" + parent + "\r\nTraceState: a=1, b=2\r\nX-Laminar-Span-Context: " + url.QueryEscape(serialized) + "\r\n\r\n",
			[]string{"0 tracecontext continue Traceparent@3:13 TraceState@4:13", "0 laminar join X-Laminar-Span-Context@5:25(url)"},
		},
		"the same header twice": {
			"traceparent: " + parent + "\ntraceparent: " + otherParent,
			[]string{"0 tracecontext new_trace traceparent@1:14 traceparent@2:14 !repeated@2:14"},
		},
		"curl -v": {
			"*   Trying 127.0.0.1:80...\n> POST / HTTP/1.1\n> traceparent: " + parent + "\n> tracestate: a=1\n> \n< HTTP/1.1 200 OK\n< traceparent: " + otherParent + "\n< \n",
			[]string{"0 tracecontext continue traceparent@3:16 tracestate@4:15", "1 tracecontext continue traceparent@7:16"},
		},
		"a curl command": {
			"curl -H 'traceparent: " + parent + "' \\\n  -H \"tracestate: a=1\" http://tools",
			[]string{"0 tracecontext continue traceparent@1:23 tracestate@2:19"},
		},
		"a shell's double quotes": {
			`curl -H "X-Laminar-Span-Context: ` + strings.ReplaceAll(serialized, `"`, `\"`) + `"`,
			[]string{"0 laminar continue X-Laminar-Span-Context@1:34"},
		},
		"env": {
			"PATH=/bin\nTRACEPARENT=" + parent + "\n\nLMNR_SPAN_CONTEXT=" + serialized + "\nHOME=/",
			[]string{"0 tracecontext continue TRACEPARENT@2:13", "0 laminar join LMNR_SPAN_CONTEXT@4:19"},
		},
		"export":            {"export TRACEPARENT='" + parent + "'\ndeclare -x TRACESTATE=\"a=1\"", []string{"0 tracecontext continue TRACEPARENT@1:21 TRACESTATE@2:24"}},
		"a CGI environment": {"HTTP_TRACEPARENT=" + parent, []string{"0 tracecontext continue HTTP_TRACEPARENT@1:18"}},
		"a carrier map":     {`{"traceparent":"` + parent + `","tracestate":"a=1"}`, []string{"0 tracecontext continue traceparent@1:17 tracestate@1:88"}},
		"lists of values":   {`{"Traceparent": ["` + parent + `"], "Tracestate":["a=1","b=2"]}`, []string{"0 tracecontext continue Traceparent@1:19 Tracestate@1:93 Tracestate@1:99"}},
		"an MCP request": {
			`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","_meta":{"traceparent":"` + parent + `"}}}`,
			[]string{"0 tracecontext continue traceparent@1:92"},
		},
		"a job with a serialized context in it": {`{"job":"x","context":` + quote(serialized) + `}`, []string{"0 laminar continue @1:23"}},
		"a job with an object in it":            {`{"job":"x","context":` + serialized + `}`, []string{"0 laminar continue @1:22"}},
		"JSON in JSON in JSON":                  {`{"a":` + quote(`{"b":`+quote(serialized)+`}`) + `}`, []string{"0 laminar continue @1:16"}},
		"two jobs": {
			`[{"headers":{"traceparent":"` + parent + `"}},{"headers":{"traceparent":"` + otherParent + `"}}]`,
			[]string{"0 tracecontext continue traceparent@1:29", "1 tracecontext continue traceparent@1:115"},
		},
		"attributes of a queue": {
			`{"MessageAttributes":{"traceparent":{"StringValue":"` + parent + `","DataType":"String"}}}`, []string{"0 tracecontext continue @1:53"},
		},
		"a log line of keys and values": {
			`time=2026-11-21T05:00:00Z msg="took 3 ms" traceparent=` + parent + ` tracestate=a=1 status=200`,
			[]string{"0 tracecontext continue traceparent@1:55 tracestate@1:122"},
		},
		"a log line of JSON": {
			`{"level":"info","msg":"got traceparent: ` + parent + ` from tools","n":1}`, []string{"0 tracecontext continue traceparent@1:41"},
		},
		"a context in prose": {"it was " + parent + ", I think.", []string{"0 tracecontext continue @1:8"}},
		"a URL":              {"GET /cb?traceparent=" + parent + "&x=1", []string{"0 tracecontext continue traceparent@1:21"}},
		"a log of many requests": {
			strings.Repeat("INFO traceparent="+parent+"\n", 3) + "INFO traceparent=" + otherParent,
			[]string{"0 tracecontext continue ×3 traceparent@1:18", "1 tracecontext continue traceparent@4:18"},
		},
		"a map that Go prints":      {"map[Traceparent:[" + parent + "] Tracestate:[a=1]]", []string{"0 tracecontext continue Traceparent@1:18 Tracestate@1:87"}},
		"a dict that Python prints": {"{'traceparent': '" + parent + "', 'tracestate': 'a=1'}", []string{"0 tracecontext continue traceparent@1:18 tracestate@1:91"}},
		"a list of pairs":           {"[(b'traceparent', b'" + parent + "')]", []string{"0 tracecontext continue traceparent@1:21"}},
		"YAML":                      {"headers:\n  traceparent: \"" + parent + "\"\n", []string{"0 tracecontext continue traceparent@2:17"}},
		"columns count characters":  {"Zürich ✓ traceparent=" + parent[:54] + "x", []string{"0 tracecontext new_trace traceparent@1:22 !syntax@1:76"}},
		"b3 of several headers": {
			"X-B3-TraceId: a3ce929d0e0e4736\nX-B3-SpanId: 00f067aa0ba902b7\nX-B3-Flags: 1", []string{"0 b3multi continue X-B3-TraceId@1:15 X-B3-SpanId@2:14 X-B3-Flags@3:13"},
		},
		"b3 in an environment":   {"B3=a3ce929d0e0e4736-00f067aa0ba902b7", []string{"0 b3 continue B3@1:4"}},
		"a bare b3":              {"a3ce929d0e0e4736-00f067aa0ba902b7-d", []string{"0 b3 continue @1:1"}},
		"a decision without ids": {"b3: 0", []string{"0 b3 join b3@1:5"}},
		"a decision that overrules": {
			"b3: 0\nx-b3-traceid: a3ce929d0e0e4736\nx-b3-spanid: 00f067aa0ba902b7", []string{"0 b3 join b3@1:5", "0 b3multi new_trace x-b3-traceid@2:15 x-b3-spanid@3:14 !overruled"},
		},
		"jaeger with its baggage": {
			"uber-trace-id: a3ce929d0e0e4736%3Af067aa0ba902b7%3A0%3A3\nuberctx-user: ada", []string{"0 jaeger continue uber-trace-id@1:16 uberctx-user@2:15"},
		},
		"a session":                         {"Mirascope-Session-Id: chat-42", []string{"0 mirascope join Mirascope-Session-Id@1:23"}},
		"baggage":                           {"baggage: a=1, b=2", []string{"0 baggage join baggage@1:10"}},
		"a member of baggage that is wrong": {"baggage: a=1,b\"=2, c=3,d", []string{"0 baggage join baggage@1:10 !syntax baggage@1:14 !syntax baggage@1:24"}},
		"a member of tracestate that is wrong": {
			"traceparent: " + parent + "\ntracestate: a=1, B=2", []string{"0 tracecontext continue traceparent@1:14 tracestate@2:13 !syntax tracestate@2:18"},
		},
		"an envelope":                        {`{"trace_context":{"traceparent":"` + parent + `","baggage":"a=1"},"payload":{}}`, []string{"0 tracecontext continue traceparent@1:34", "0 baggage join baggage@1:102"}},
		"a tracestate without a traceparent": {"tracestate: a=1", []string{"0 tracecontext ignore tracestate@1:13"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tell(Text(tc.text))); diff != "" {
				t.Errorf("%s\n(-want +got):\n%s", tc.text, diff)
			}
		})
	}
}

func TestTheWrongCharacterIsNamed(t *testing.T) {
	percent := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	broken := strings.Replace(serialized, "00f0-67aa0ba902b7", "00f0-67aa0ba9?2b7", 1)
	for name, tc := range map[string]struct {
		text, before string // the place is where before ends
	}{
		"a digit of the trace id":        {"traceparent: " + strings.Replace(parent, "0e4736", "0e47G6", 1), "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e47"},
		"a capital in the parent id":     {strings.Replace(parent, "00f067", "00F067", 1), "00-4bf92f3577b34da6a3ce929d0e0e4736-00"},
		"the end of a short one":         {"traceparent: " + parent[:50], "traceparent: " + parent[:50]},
		"what follows a version 00":      {"traceparent: " + parent + "-x", "traceparent: " + parent},
		"in a JSON object":               {broken, broken[:strings.Index(broken, "?")]},
		"in a JSON string in JSON":       {`{"c":` + quote(broken) + `}`, `{"c":` + strings.TrimSuffix(quote(broken[:strings.Index(broken, "?")]), `"`)},
		"in a URL-encoded header":        {"X-Laminar-Span-Context: " + percent(broken), "X-Laminar-Span-Context: " + percent(broken[:strings.Index(broken, "?")])},
		"in a header in a string":        {`{"h":"x: 1\r\ntraceparent: ` + parent[:54] + `Z\r\n"}`, `{"h":"x: 1\r\ntraceparent: ` + parent[:54]},
		"a comma that JSON doesn't have": {"LMNR_SPAN_CONTEXT=" + strings.Replace(serialized, `,"spanId"`, `"spanId"`, 1), "LMNR_SPAN_CONTEXT=" + serialized[:strings.Index(serialized, `,"spanId"`)]},
		"an optional field":              {strings.Replace(serialized, `"ada"`, "7", 1), serialized[:strings.Index(serialized, `"ada"`)]},
	} {
		t.Run(name, func(t *testing.T) {
			d := Text(tc.text)
			if len(d.Contexts) != 1 || len(d.Contexts[0].Problems) != 1 || d.Contexts[0].Problems[0].At == nil {
				t.Fatalf("want one context with one problem that has a place: %+v", d.Contexts)
			}
			if got := tc.text[:d.Contexts[0].Problems[0].At.Offset]; got != tc.before {
				t.Errorf("%s at\n%s\nwant\n%s", d.Contexts[0].Problems[0].Message, got, tc.before)
			}
		})
	}
}

func TestBase64KnowsItsPlaceToTheCharacter(t *testing.T) {
	broken := strings.Replace(serialized, "00f0-67aa0ba902b7", "00f0-67aa0ba9?2b7", 1)
	d := Text("x-lmnr-span-context: " + base64.URLEncoding.EncodeToString([]byte(broken)))
	want := len("x-lmnr-span-context: ") + strings.Index(broken, "?")*4/3
	if len(d.Contexts) != 1 || len(d.Contexts[0].Problems) != 1 || d.Contexts[0].Problems[0].At.Offset != want {
		t.Errorf("want one problem at %d: %v", want, tell(d))
	}
}

func TestAContextIsToldInEveryForm(t *testing.T) {
	got := Text(serialized).Contexts[0]
	want := client.DecodedContext{
		Format: "laminar", Valid: true, Times: 1,
		Fields:  []client.DecodedField{{Value: serialized, Encodings: []string{}, At: client.TextPosition{Line: 1, Column: 1}}},
		TraceID: &client.DecodedID{Hex: "4bf92f3577b34da6a3ce929d0e0e4736", UUID: "4bf92f35-77b3-4da6-a3ce-929d0e0e4736", Decimal: "11803532876627986230", B3: "a3ce929d0e0e4736", XRay: "1-4bf92f35-77b34da6a3ce929d0e0e4736"},
		SpanID:  &client.DecodedID{Hex: "00f067aa0ba902b7", UUID: "00000000-0000-0000-00f0-67aa0ba902b7", Decimal: "67667974448284343", B3: "00f067aa0ba902b7"},
		Flags:   []string{"sampled_by_default"}, Path: []string{"ask", "plan"}, IDsPath: []string{}, SessionID: "chat-42", UserID: "ada",
		Metadata: map[string]any{"plan": "}pro{", "seats": int64(3)}, Baggage: []client.BaggageEntry{}, Problems: []client.DecodeProblem{},
		Effect: "continue", Explanation: "A receiver continues this trace: its next span is a child of 00f067aa0ba902b7.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFlagsAreWords(t *testing.T) {
	for text, want := range map[string][]string{
		parent:             {"sampled"},
		parent[:54] + "0":  {"not_sampled"},
		parent[:54] + "3":  {"sampled", "random"},
		parent[:54] + "2":  {"not_sampled", "random"},
		parent[:53] + "fd": {"sampled"},
		serialized:         {"sampled_by_default"},
		serialized[:len(serialized)-1] + `,"traceFlags":0}`: {"not_sampled"},
		serialized[:len(serialized)-1] + `,"traceFlags":1}`: {"sampled"},
	} {
		if diff := cmp.Diff(want, Text(text).Contexts[0].Flags); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// A format that is added to the table is found by the names of its fields.
func TestEveryFormatOfTheTableIsFoundByItsFields(t *testing.T) {
	sc := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 15: 2}, SpanID: trace.SpanID{3, 7: 4}, TraceFlags: trace.FlagsSampled})
	for _, f := range propagators.Formats {
		m := propagators.Map{}
		f.Write(propagators.Carried{SpanContext: sc, Path: []string{"a"}, IDsPath: []string{"00000000-0000-0000-0300-000000000004"}, Session: "chat-42"}, m)
		if len(m) == 0 {
			continue
		}
		want, refusal := f.Read(m)
		if refusal != nil {
			t.Errorf("%s can't read what it writes: %v", f.Name, refusal)
			continue
		}
		headers, environment := "", ""
		for name, value := range m {
			headers += name + ": " + value + "\n"
			environment += strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "=" + value + "\n"
		}
		carrier, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{headers, environment, string(carrier)} {
			found := false
			for _, c := range Text(text).Contexts {
				found = found || c.Format == f.Name && c.Valid && (!want.Valid() || c.SpanID.Hex == want.SpanContext.SpanID().String()) && c.SessionID == want.Session
			}
			if !found {
				t.Errorf("%s is not found in %q: %q", f.Name, text, tell(Text(text)))
			}
		}
	}
}
