package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/live"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
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

func TestLargeAnswersAreCompressedForThoseWhoAreFarAndAskForIt(t *testing.T) {
	var spans []*trace.Span
	for i := range 200 {
		spans = append(spans, newSpan(wholeTrace, byte(i+1), 0, "a", fmt.Sprintf("span %d", i), i, i+1))
	}
	srv := newServer(t, spans...)
	path := "/traces/" + wholeTrace.String()
	_, plain := srv.get(t, http.MethodGet, path, "Accept-Encoding", "identity")
	if resp, near := srv.get(t, http.MethodGet, path, "Accept-Encoding", "gzip"); resp.Header.Get("Content-Encoding") != "" || !bytes.Equal(near, plain) {
		t.Errorf("an answer to this machine is compressed: headers %v", resp.Header)
	}
	resp, packed := srv.get(t, http.MethodGet, path, "Accept-Encoding", "gzip", "X-Forwarded-For", "192.0.2.1")
	if resp.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(resp.Header.Get("Vary"), "Accept-Encoding") {
		t.Fatalf("headers %v", resp.Header)
	}
	if len(packed)*4 > len(plain) {
		t.Errorf("%d bytes became %d", len(plain), len(packed))
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("unpacked %d bytes, %v; want the %d of the plain answer", len(got), err, len(plain))
	}
	if resp, _ := srv.get(t, http.MethodGet, "/status", "Accept-Encoding", "gzip", "Via", "1.1 proxy"); resp.Header.Get("Content-Encoding") != "" {
		t.Error("a small answer is compressed")
	}
}

func TestEveryAnswerForbidsCachingAndSniffing(t *testing.T) {
	srv := newServer(t, fixtureSpans()...)
	for _, path := range []string{"/traces", "/traces/" + wholeTrace.String(), "/traces/x", "/nothing", "/status"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			resp, body := srv.get(t, method, path)
			if resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("X-Content-Type-Options") != "nosniff" || resp.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %s: headers %v", method, path, resp.Header)
			}
			if method == http.MethodHead && len(body) > 0 {
				t.Errorf("HEAD %s has a body", path)
			}
		}
	}
}

// failingWriter takes n bytes.
type failingWriter struct{ n int }

var errFull = errors.New("full")

func (w *failingWriter) Write(b []byte) (int, error) {
	if len(b) > w.n {
		return 0, errFull
	}
	w.n -= len(b)
	return len(b), nil
}

func TestWritingATraceStopsAtTheFirstError(t *testing.T) {
	var full bytes.Buffer
	spans := fixtureSpans()[:3]
	if err := writeTrace(&full, spans, []client.Placeholder{}, []client.Break{}, false); err != nil {
		t.Fatal(err)
	}
	for n := range full.Len() {
		if err := writeTrace(&failingWriter{n}, spans, []client.Placeholder{}, []client.Break{}, false); !errors.Is(err, errFull) {
			t.Fatalf("with room for %d of %d bytes: %v", n, full.Len(), err)
		}
	}
	spans[1].Metadata = map[string]any{"unwritable": func() {}}
	if err := writeTrace(io.Discard, spans, []client.Placeholder{}, []client.Break{}, false); err == nil {
		t.Error("what JSON cannot hold is no error")
	}
}

// partsWriter is a ResponseWriter that counts what it is given at a time.
type partsWriter struct {
	http.ResponseWriter
	parts []int
}

func (w *partsWriter) Write(b []byte) (int, error) {
	w.parts = append(w.parts, len(b))
	return len(b), nil
}

func TestATraceIsWrittenAtOnceWithItsLengthUnlessItIsLarge(t *testing.T) {
	const size = 100 << 10
	for _, n := range []int{1, 4, 40} {
		var spans []*trace.Span
		for i := range n {
			s := newSpan(wholeTrace, byte(i+1), 0, "a", "root", i, i+1)
			s.Input = strings.Repeat("x", size)
			spans = append(spans, s)
		}
		w := &partsWriter{ResponseWriter: httptest.NewRecorder()}
		if err := writeTrace(w, spans, []client.Placeholder{}, []client.Break{}, false); err != nil {
			t.Fatal(err)
		}
		if length := w.Header().Get("Content-Length"); n*size < partSize && (len(w.parts) != 1 || length != strconv.Itoa(w.parts[0])) {
			t.Errorf("%d spans: parts of %v bytes, Content-Length %q", n, w.parts, length)
		} else if n*size > partSize && (len(w.parts) < n*size/partSize || slices.Max(w.parts) > partSize+2*size || length != "") {
			t.Errorf("%d spans: parts of %v bytes, Content-Length %q", n, w.parts, length)
		}
	}
}

func TestAnAnswerThatCannotBeFinishedIsCutAndNotEnded(t *testing.T) {
	spans := fixtureSpans()[:3]
	spans[2].Metadata = map[string]any{"unwritable": func() {}}
	srv := newServer(t, spans...)
	if _, err := srv.Trace(t.Context(), wholeTrace.String()); err == nil {
		t.Error("the client takes a part of a trace for all of it")
	}
}

// slow is a store in which large traces take until they are let through.
type slow struct {
	store.Store
	pass    chan struct{}
	reading atomic.Int32
}

func (s *slow) Summaries(_ context.Context, ids ...trace.TraceID) ([]trace.Summary, error) {
	size := 1
	if ids[0] == brokenTrace {
		size = maxWhole + 1
	}
	return []trace.Summary{{TraceID: ids[0], SpanCount: size}}, nil
}

func (s *slow) Outline(ctx context.Context, id trace.TraceID) ([]*trace.Span, error) {
	if id == brokenTrace {
		s.reading.Add(1)
		<-s.pass
	}
	return s.Store.Outline(ctx, id)
}

func TestOnlyAFewLargeTracesAreInMemoryAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &slow{Store: memory.New(), pass: make(chan struct{})}
		var facts []trace.Fact
		for _, s := range fixtureSpans() {
			facts = append(facts, trace.Fact{Kind: trace.Finished, Span: s})
		}
		if err := st.Append(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
		h := New(testConfig(st, live.New()))
		get := func(id trace.TraceID) int {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, base+"/traces/"+id.String()+"?outline=1", nil))
			return w.Code
		}
		codes := make(chan int, maxLarge+3)
		for range cap(codes) {
			go func() { codes <- get(brokenTrace) }()
		}
		synctest.Wait()
		if n := st.reading.Load(); n != maxLarge {
			t.Errorf("%d large traces are read at once, want %d", n, maxLarge)
		}
		if code := get(wholeTrace); code != http.StatusOK {
			t.Errorf("a small trace meanwhile: %d", code)
		}
		close(st.pass)
		for range cap(codes) {
			if code := <-codes; code != http.StatusOK {
				t.Errorf("a large trace: %d", code)
			}
		}
	})
}
