package query_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clewhq/clew/server/internal/query"
	"github.com/clewhq/clew/server/internal/trace"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

// subject is the span that the tests ask for, and its trace.
func subject() (*trace.Span, *query.Trace) {
	start := trace.Time(now.Add(-time.Minute).UnixNano())
	s := &trace.Span{
		TraceID: trace.TraceID{0xab, 15: 1}, ID: trace.SpanID{7: 2}, ParentID: trace.SpanID{7: 1}, Name: "chat gpt-4o", Kind: trace.KindClient,
		Start: start, End: start + 2_500_000_000, Status: trace.StatusError, StatusMessage: "quota exceeded",
		Attributes: trace.Attributes{
			{Key: "http.response.status_code", Value: trace.IntValue(429)},
			{Key: "labels", Value: trace.ArrayValue(trace.StringValue("Alpha"), trace.StringValue("beta gamma"))},
			{Key: "my key", Value: trace.StringValue("v")},
		},
		Events:   []trace.Event{{Name: "exception", Attributes: trace.Attributes{{Key: "exception.message", Value: trace.StringValue("Rate-Limit: try later")}}}},
		Resource: &trace.Resource{Attributes: trace.Attributes{{Key: "host.name", Value: trace.StringValue("box7")}}}, Scope: &trace.Scope{},
		Derived: trace.Derived{
			Service: "planner", Type: "LLM", Session: "s1", User: "ann", Tags: []string{"prod", "beta"}, Metadata: map[string]any{"plan": "gold", "n": int64(3)},
			Provider: "openai", Model: "gpt-4o-mini", InputTokens: ptr(int64(1500)), OutputTokens: ptr(int64(20)), Cost: ptr(trace.Dollar / 4),
			Input: `{"role":"user","content":"Where is the Minotaur's lair?"}`, Output: "在克诺索斯的迷宫里", IsError: true,
		},
	}
	root := &trace.Span{
		TraceID: s.TraceID, ID: trace.SpanID{7: 1}, Name: "POST /ask", Kind: trace.KindServer, Start: start, End: start + 20_000_000_000,
		Resource: &trace.Resource{}, Scope: &trace.Scope{}, Derived: trace.Derived{Service: "gateway", Type: "DEFAULT"},
	}
	return s, &query.Trace{Spans: []*trace.Span{root, s}}
}

func TestAQuerySelectsWhatItSays(t *testing.T) {
	for text, want := range map[string]bool{
		"":                    true,
		"minotaur":            true,
		"MINOTAUR":            true,
		"mino":                false,
		"mino*":               true,
		`"minotaur s lair"`:   true,
		`"the minotaur" lair`: true,
		`"lair minotaur"`:     false,
		`"the mino"*`:         true,
		"rate-limit":          true, // in an event, as a phrase
		"quota":               true, // in the status message
		"gamma":               true, // in an array
		"gpt-4o":              true,
		"迷宫":                  true,
		"宫迷":                  false,
		"-minotaur":           false,
		"NOT minotaur":        false,
		"-centaur":            true,
		"minotaur centaur":    false,
		"minotaur OR centaur": true,
		"minotaur AND (centaur OR service:planner)": true,
		"service:planner":                     true,
		"service=planner":                     true,
		"service:Planner":                     false,
		"service:pl*er":                       true,
		"service:pl*x*er":                     false,
		"service!=planner":                    false,
		"service:*":                           true,
		`service:"pl*"`:                       false,
		"type:LLM status:error":               true,
		"kind:client":                         true,
		"error:true":                          true,
		"root:true":                           false,
		"open:false":                          true,
		"tag:beta":                            true,
		"tag:alpha":                           false,
		"model:gpt-4*":                        true,
		"input:minotaur":                      true,
		"output:minotaur":                     false,
		"output:克诺索斯":                         true,
		"input_tokens>=1.5k":                  true,
		"tokens:1520":                         true,
		"cost>$0.2 cost<=.25":                 true,
		"duration>2s":                         true,
		"duration>2s500ms":                    false,
		"duration>=2s500ms":                   true,
		"duration<1h30m":                      true,
		"start>-5m":                           true,
		"start>now":                           false,
		"start<2026-11-21T12:00":              true,
		"end>2026-11-22":                      false,
		"metadata.plan:gold":                  true,
		"metadata.n:3":                        true,
		"metadata.none:*":                     false,
		"resource.host.name:box*":             true,
		"http.response.status_code>=500":      false,
		"http.response.status_code>=400":      true,
		"@http.response.status_code:429":      true,
		"@labels:Alpha":                       true,
		`@"my key":v`:                         true,
		"@nothing!=x":                         true,
		"trace_id:ab*":                        true,
		"parent_id:0000000000000001":          true,
		"trace.duration>10s":                  true,
		"trace.spans:2 trace.errors:1":        true,
		`trace.name:"POST /ask"`:              true,
		"trace.cost:0.25 trace.tokens>1k":     true,
		"service:gateway service:planner":     false, // one span isn't both …
		"{service:gateway} {service:planner}": true,  // … but the trace has both
		"{service:gateway status:error}":      false,
		"-{service:billing}":                  true,
		"service:planner {root:true name:\"POST /ask\"}": true,

		// No-break spaces, as pages have them.
		"minotaur\u00a0OR\u00a0centaur": true,
		"NOT\u00a0centaur":              true,
	} {
		e, err := query.Parse(text, now)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		s, of := subject()
		if got := (query.Filter{Where: e}).MatchSpan(s, of); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
		if got := (query.Filter{Where: e}).Narrow().MatchSpan(s, of); got != want {
			t.Errorf("%s: %v when narrowed to %+v, want %v", text, got, (query.Filter{Where: e}).Narrow(), want)
		}
	}
}

func TestWhatIsUnknownComparesWithNothing(t *testing.T) {
	for _, text := range []string{"cost:0", "cost>0", "cost<=0", "tokens:0", "duration>=0s", "end<now", "trace.cost:0"} {
		e, err := query.Parse(text, now)
		if err != nil {
			t.Fatal(err)
		}
		s := &trace.Span{Start: 1, Resource: &trace.Resource{}, Scope: &trace.Scope{}}
		of := &query.Trace{Spans: []*trace.Span{s}}
		if e.Match(s, of) || !(query.Not{Expr: e}).Match(s, of) {
			t.Errorf("%s holds for a span that knows none of it", text)
		}
	}
}

func TestAMistakeIsNamedAtItsCharacter(t *testing.T) {
	for _, tt := range []struct {
		text   string
		offset int
		says   string
	}{
		{"sevrice:x", 0, `no field is called "sevrice"`},
		{"ä sevrice:x", 2, "no field is called"},
		{"service:", 8, "a value is missing"},
		{"service: x", 8, "a value is missing"},
		{"service>x", 7, "service is text"},
		{"duration>2", 9, "is not a duration"},
		{"duration>2x", 9, "is not a duration"},
		{"cost>much", 5, "is not an amount"},
		{"start:2026-11-21", 5, "compare start with < or >"},
		{"start>yesterday", 6, "is not a time"},
		{"status:bad", 7, "status is one of unset, ok, error"},
		{"(a", 0, "is never closed"},
		{"a)", 1, "closes nothing"},
		{"{a)", 0, "is never closed"},
		{"a OR", 4, "something is missing at the end"},
		{"OR a", 0, ""},
		{"a AND )", 6, "something is missing before"},
		{`a "b`, 2, "the quote is never closed"},
		{"&&", 0, "no letter or digit"},
		{"a*b", 0, "only at the end"},
		{"@x", 2, "needs a comparison"},
		{"@x>y", 3, "compares with numbers"},
		{"input:!!", 6, "no letter or digit"},
		{"duration>1*", 9, "takes no *"},
		{strings.Repeat("(", 40) + "a", 32, "levels"},
		{strings.Repeat("a ", 201), 400, "more than 200 terms"},
		{strings.Repeat("a", 5000), 0, "longer than"},
		{"\xff", 0, "not UTF-8"},
	} {
		e, err := query.Parse(tt.text, now)
		var syntax *query.SyntaxError
		if tt.says == "" {
			if err != nil { // OR alone is a word like any other
				t.Errorf("%.20q: %v", tt.text, err)
			}
			continue
		}
		if !errors.As(err, &syntax) {
			t.Errorf("%.20q: parsed as %v", tt.text, e)
			continue
		}
		if syntax.Offset != tt.offset || !strings.Contains(syntax.Message, tt.says) {
			t.Errorf("%.20q: offset %d, %q; want offset %d, %q", tt.text, syntax.Offset, syntax.Message, tt.offset, tt.says)
		}
	}
}

func TestParsingWhatWasPrintedGivesTheSameTree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	leaves := []string{"word", `"two words"`, "pre*", `"two pre"*`, "service:a", "-name:b*", `@"k k">3`, "http.route:/x", "duration>1.5s",
		"start>-1h", "cost<=$0.5", "{status:error}", `input:"a b"`, "or", `"OR"`, "metadata.k:v", `user:"a \"b\" \\ c"`}
	var random func(depth int) string
	random = func(depth int) string {
		if depth == 0 || r.IntN(3) == 0 {
			return leaves[r.IntN(len(leaves))]
		}
		a, b := random(depth-1), random(depth-1)
		return []string{"(" + a + " OR " + b + ")", a + " " + b, "-(" + a + " AND " + b + ")", "{" + a + " " + b + "}", "NOT (" + a + " OR " + b + ")"}[r.IntN(5)]
	}
	for range 500 {
		text := random(4)
		if _, err := query.Parse(text, now); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		roundTrip(t, text)
	}
}

func roundTrip(t *testing.T, text string) {
	t.Helper()
	e, err := query.Parse(text, now)
	if err != nil || e == nil {
		return
	}
	again, err := query.Parse(e.String(), now.Add(time.Hour))
	if err != nil {
		t.Fatalf("%q was printed as %q: %v", text, e, err)
	}
	if !reflect.DeepEqual(e, again) {
		t.Fatalf("%q is %#v, printed as %q it is %#v", text, e, e, again)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"a OR (b -c)", `service:"x y" duration>1.5h`, "{@k!=*} start>-2d", "trace.cost>$1 漢字*", `"\\\""*`, "a:b:c", "--a", "()"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		roundTrip(t, text)
		if e, err := query.Parse(text, now); err == nil && e != nil {
			s, of := subject()
			e.Match(s, of)
		}
	})
}

func TestTheFieldsThatAConditionAsksOf(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                   {},
		"service:a":                          {"service"},
		"service:a (name:b OR -service!=c*)": {"service", "name"},
		"@k:v -http.route:*":                 {"@k", "@http.route"},
		"service:a word":                     nil,
		"service:a OR {name:b}":              nil,
		"trace.spans>2":                      nil,
	} {
		e, err := query.Parse(text, now)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := query.Asked(e)
		if ok != (want != nil) || ok && !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", text, got, ok, want)
		}
	}
}
