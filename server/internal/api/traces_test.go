package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/trace"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got, indented, with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	var buf bytes.Buffer
	if err := json.Indent(&buf, got, "", "  "); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), buf.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestATraceAsJSON(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	_, body := srv.get(t, http.MethodGet, "/traces/"+wholeTrace.String())
	golden(t, "trace.json", body)
	_, body = srv.get(t, http.MethodGet, "/traces/"+wholeTrace.String()+"?outline=1")
	golden(t, "outline.json", body)
}

func TestTheClientReadsWhatTheServerWrites(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	got, err := srv.Trace(t.Context(), "0AF76519-16CD-43DD-8448-EB211C80319C")
	if err != nil {
		t.Fatal(err)
	}
	var want []client.Span
	for _, s := range fixtureSpans()[:3] {
		want = append(want, wireSpan(s, 0))
	}
	if diff := cmp.Diff(want, got.Spans); diff != "" {
		t.Errorf("spans (-sent +read):\n%s", diff)
	}
	if diff := cmp.Diff(wireSummary(trace.Summarize(fixtureSpans()[:3])), got.Trace); diff != "" {
		t.Errorf("summary (-sent +read):\n%s", diff)
	}
	outline, err := srv.Outline(t.Context(), wholeTrace.String())
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range outline.Spans {
		if diff := cmp.Diff(want[i].SpanOutline, s); diff != "" {
			t.Errorf("outline of span %d (-sent +read):\n%s", i, diff)
		}
	}
}

func TestBreaksAreTheSameWithAndWithoutBodies(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	whole, err := srv.Trace(t.Context(), brokenTrace.String())
	if err != nil {
		t.Fatal(err)
	}
	outline, err := srv.Outline(t.Context(), brokenTrace.String())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole.Breaks, outline.Breaks); diff != "" {
		t.Errorf("breaks (-whole +outline):\n%s", diff)
	}
	kinds := map[string]bool{}
	for _, b := range whole.Breaks {
		kinds[b.Kind] = true
	}
	for _, want := range []string{"missing_parent", "several_roots", "cycle", "duplicate_span_id", "shared_low_64"} {
		if !kinds[want] {
			t.Errorf("no break of kind %s among %v", want, kinds)
		}
	}
}

func TestATornTraceNamesWhatWasNeverReceived(t *testing.T) {
	path := func(values ...string) trace.Value {
		var out []trace.Value
		for _, v := range values {
			out = append(out, trace.StringValue(v))
		}
		return trace.ArrayValue(out...)
	}
	spans := fixtureSpans()
	lost := spans[4]
	lost.Attributes = trace.Attributes{
		{Key: "lmnr.span.ids_path", Value: path(spanID(1).String(), spanID(98).String(), spanID(99).String(), spanID(2).String())},
		{Key: "lmnr.span.path", Value: path("root", "plan", "delegate", "orphan")},
	}
	srv := newServer(t, spans...)
	whole, err := srv.Trace(t.Context(), brokenTrace.String())
	if err != nil {
		t.Fatal(err)
	}
	want := []client.Placeholder{
		{SpanID: spanID(98).String(), ParentSpanID: spanID(1).String(), Name: "plan"},
		{SpanID: spanID(99).String(), ParentSpanID: spanID(98).String(), Name: "delegate"},
	}
	if diff := cmp.Diff(want, whole.Placeholders); diff != "" {
		t.Errorf("placeholders (-want +got):\n%s", diff)
	}
	outline, err := srv.Outline(t.Context(), brokenTrace.String())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole.Outline().Placeholders, outline.Placeholders); diff != "" {
		t.Errorf("placeholders (-whole +outline):\n%s", diff)
	}
	if whole.Trace.OrphanCount != 1 || outline.Trace.OrphanCount != 1 {
		t.Errorf("%d and %d orphans; want 1, as without a path", whole.Trace.OrphanCount, outline.Trace.OrphanCount)
	}
}

func TestListingTraces(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	whole, broken, half, bare := wholeTrace.String(), brokenTrace.String(), halfTrace.String(), bareTrace.String()
	tests := []struct {
		name  string
		query client.Query
		want  []string
	}{
		{"all, newest first, then by descending id", client.Query{}, []string{whole, broken, half, bare}},
		{"of a service", client.Query{Service: "planner"}, []string{whole}},
		{"with a span of that name", client.Query{Name: "second root"}, []string{broken}},
		{"of a session", client.Query{Session: "chat/7 ä"}, []string{whole}},
		{"of a user", client.Query{User: "ada"}, []string{whole}},
		{"with a type", client.Query{Type: "TOOL"}, []string{whole}},
		{"with a failed span", client.Query{Status: "error"}, []string{broken}},
		{"with a text in any case", client.Query{Text: "LABYRINTH -centaur"}, []string{whole}},
		{"of one span that matches all", client.Query{Service: "planner", Type: "TOOL"}, []string{}},
		{"until a time", client.Query{To: at(-1).Std()}, []string{bare}},
		{"from a time", client.Query{From: at(2).Std()}, []string{whole, broken}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			page, err := srv.Traces(t.Context(), tt.query)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, traceIDs(page.Items)); diff != "" {
				t.Errorf("traces (-want +got):\n%s", diff)
			}
		})
	}
}

func traceIDs(items []client.TraceSummary) []string {
	return wireList(items, func(s client.TraceSummary) string { return s.TraceID })
}

func TestPagesOfTracesJoinWithoutGapOrRepetition(t *testing.T) {
	var spans []*trace.Span
	for i := range 25 {
		spans = append(spans, newSpan(trace.TraceID{15: byte(i + 1)}, 1, 0, "a", "root", i/3, 100))
	}
	srv := newServer(t, spans...)
	all, err := srv.Traces(t.Context(), client.Query{})
	if err != nil || len(all.Items) != 25 || all.NextCursor != "" {
		t.Fatalf("one page has %d traces, next %q, %v", len(all.Items), all.NextCursor, err)
	}
	var joined []string
	q := client.Query{Limit: 4}
	for {
		page, err := srv.Traces(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		joined = append(joined, traceIDs(page.Items)...)
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			break
		}
	}
	if diff := cmp.Diff(traceIDs(all.Items), joined); diff != "" {
		t.Errorf("pages of 4 (-one page +joined):\n%s", diff)
	}
}

func TestOneSpan(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	for name, id := range map[string]string{
		"hex":            "a000000000000002",
		"upper case":     "A000000000000002",
		"the UUID form":  "00000000-0000-0000-a000-000000000002",
		"padded to UUID": "0000000000000000a000000000000002",
	} {
		t.Run("by "+name, func(t *testing.T) {
			got, err := srv.Span(t.Context(), wholeTrace.String(), id, 0, false)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(wireSpan(fixtureSpans()[1], 0), got.Span); diff != "" {
				t.Errorf("span (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTwinsAreNumberedAsTheTraceListsThem(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	tr, err := srv.Trace(t.Context(), brokenTrace.String())
	if err != nil {
		t.Fatal(err)
	}
	shared := slices.DeleteFunc(slices.Clone(tr.Spans), func(s client.Span) bool { return s.SpanID != spanID(4).String() })
	if len(shared) != 2 {
		t.Fatalf("%d spans share the id, want 2", len(shared))
	}
	for i, want := range shared {
		if want.Twin != i {
			t.Errorf("span %d of those that share an id has twin %d", i, want.Twin)
		}
		got, err := srv.Span(t.Context(), brokenTrace.String(), want.SpanID, i, false)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Span); diff != "" {
			t.Errorf("twin %d (-in the trace +alone):\n%s", i, diff)
		}
	}
	if _, err := srv.Span(t.Context(), brokenTrace.String(), spanID(4).String(), 2, false); !client.IsNotFound(err) {
		t.Errorf("a twin too many: %v, want not found", err)
	}
}
