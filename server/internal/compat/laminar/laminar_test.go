package laminar_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew/server/internal/compat/laminar"
	"github.com/clewhq/clew/server/internal/ingest"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

// server is a Handler before the real ingest and a store in memory.
type server struct {
	*httptest.Server
	store *memory.Store
}

func newServer(t *testing.T) server {
	t.Helper()
	st := memory.New()
	in := ingest.New(ingest.Config{Store: st})
	mux := http.NewServeMux()
	in.Register(mux)
	laminar.New(laminar.Config{Store: st, Receive: in.Take, CanRetry: ingest.CanRetry}).Register(mux)
	srv := httptest.NewServer(mux)
	t.Cleanup(func() {
		srv.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := in.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return server{srv, st}
}

// call sends body and returns status and answer.
func (s server) call(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(answer))
}

const (
	traceUUID = "01234567-89ab-cdef-0123-456789abcdef"
	rootUUID  = "00000000-0000-0000-1111-111111111111"
	childUUID = "00000000-0000-0000-2222-222222222222"

	twoSpans = `[
		{"name": "child", "spanType": "LLM", "startTime": "2026-11-21T10:00:01Z", "endTime": "2026-11-21T10:00:02Z",
		 "input": {"q": 1}, "output": "text", "attributes": {"n": 3, "list": ["a"], "lmnr.association.properties.session_id": "s"},
		 "traceId": "` + traceUUID + `", "spanId": "` + childUUID + `", "parentSpanId": "` + rootUUID + `"},
		{"name": "root", "startTime": "2026-11-21T10:00:00Z", "endTime": "2026-11-21T10:00:03Z",
		 "traceId": "` + traceUUID + `", "spanId": "` + rootUUID + `"}]`
)

// spans returns the one trace's spans, the root first.
func (s server) spans(t *testing.T) []*trace.Span {
	t.Helper()
	id, err := trace.ParseTraceID(traceUUID)
	if err != nil {
		t.Fatal(err)
	}
	spans, err := s.store.Spans(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return spans
}

func TestSpansSentAsJSONAreSpansLikeOthers(t *testing.T) {
	s := newServer(t)
	status, answer := s.call(t, "POST", "/v1/spans", twoSpans)
	if want := fmt.Sprintf(`[{"traceId":%q,"spanId":%q},{"traceId":%q,"spanId":%q}]`, traceUUID, childUUID, traceUUID, rootUUID); status != 200 || answer != want {
		t.Fatalf("%d %s, want 200 %s", status, answer, want)
	}
	child := s.spans(t)[1]
	got := fmt.Sprint(child.Name, child.Type, child.ParentID, child.Session, child.Input, child.Output, child.Duration())
	if want := `childLLM1111111111111111s{"q":1}text1000000000`; got != want {
		t.Errorf("child is %s, want %s", got, want)
	}
}

func TestASpanSentWithoutIdsGetsSome(t *testing.T) {
	s := newServer(t)
	status, answer := s.call(t, "POST", "/v1/spans", `[{"name": "n", "startTime": "2026-11-21T10:00:01Z", "endTime": "2026-11-21T10:00:02Z"}]`)
	var made []struct{ TraceID, SpanID string }
	if err := json.Unmarshal([]byte(answer), &made); status != 200 || err != nil || len(made) != 1 {
		t.Fatalf("%d %s", status, answer)
	}
	id, err := trace.ParseTraceID(made[0].TraceID)
	if err != nil {
		t.Fatal(err)
	}
	span, err := trace.ParseSpanID(made[0].SpanID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.store.Spans(t.Context(), id, span); err != nil {
		t.Error(err)
	}
}

func TestTagsMetadataAndScoresAnnotateASpanOrTheTopOfATrace(t *testing.T) {
	s := newServer(t)
	s.call(t, "POST", "/v1/spans", twoSpans)
	for _, c := range []struct{ path, body string }{
		{"/v1/tag", `{"traceId": "` + traceUUID + `", "names": ["top", "top"]}`},
		{"/v1/tag", `{"spanId": "` + childUUID + `", "names": ["below"]}`},
		{"/v1/tag", `{"traceId": "` + traceUUID + `", "spanId": "` + childUUID + `", "names": ["both"]}`},
		{"/v1/traces/metadata", `{"traceId": "` + traceUUID + `", "metadata": {"rating": 5, "who": {"name": "ann"}, "gone": null}}`},
		{"/v1/evaluators/score", `{"traceId": "` + traceUUID + `", "name": "fit", "score": 0.5, "source": "Code"}`},
		{"/v1/evaluators/score", `{"spanId": "` + childUUID + `", "name": "tone", "score": 1, "source": "Code"}`},
	} {
		if status, answer := s.call(t, "POST", c.path, c.body); status != 200 || !json.Valid([]byte(answer)) {
			t.Errorf("%s %s: %d %s", c.path, c.body, status, answer)
		}
	}
	root, child := s.spans(t)[0], s.spans(t)[1]
	if diff := cmp.Diff([]string{"top"}, root.Tags); diff != "" {
		t.Errorf("tags of the root (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"below", "both"}, child.Tags); diff != "" {
		t.Errorf("tags of the child (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"rating": int64(5), "who": map[string]any{"name": "ann"}, "gone": nil}, root.Metadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	for sp, want := range map[*trace.Span]string{root: "fit 0.5 Code", child: "tone 1 Code"} {
		if scores := sp.Scores(); len(scores) != 1 || fmt.Sprint(scores[0].Name, " ", *scores[0].Value, " ", scores[0].Source) != want {
			t.Errorf("scores of %s are %+v, want %s", sp.Name, scores, want)
		}
	}
}

func TestWhatCannotBeDoneIsSaid(t *testing.T) {
	s := newServer(t)
	s.call(t, "POST", "/v1/spans", twoSpans)
	const other = "ffffffff-ffff-ffff-ffff-ffffffffffff"
	for _, c := range []struct {
		request, body string
		status        int
		words         string
	}{
		{"POST /v1/tag", `{"traceId": "` + other + `", "names": ["a"]}`, 404, "flush before"},
		{"POST /v1/tag", `{"spanId": "00000000-0000-0000-ffff-ffffffffffff", "names": ["a"]}`, 404, "send its traceId"},
		{"POST /v1/tag", `{"names": ["a"]}`, 400, "traceId or spanId"},
		{"POST /v1/tag", `{"traceId": "x", "names": ["a"]}`, 400, "UUID"},
		{"POST /v1/tag", `{"traceId": "` + traceUUID + `"}`, 400, "names"},
		{"POST /v1/tag", `[`, 400, "JSON"},
		{"POST /v1/traces/metadata", `{"traceId": "` + traceUUID + `", "metadata": {}}`, 400, "empty"},
		{"POST /v1/evaluators/score", `{"traceId": "` + traceUUID + `", "name": "n"}`, 400, "score"},
		{"POST /v1/spans", `{}`, 400, "JSON"},
		{"POST /v1/spans", `[{"name": "n"}]`, 400, "startTime"},
		{"POST /v1/spans", `[{"name": "n", "startTime": "1970-01-01T00:00:01Z", "endTime": "1970-01-01T00:00:02Z"}]`, 400, "1970"},
		{"POST /v1/spans", `"` + strings.Repeat("x", 17<<20) + `"`, 413, "larger"},
		{"POST /v1/sql/query", `{"query": "SELECT 1"}`, 501, "ClickHouse"},
		{"POST /v1/evals", `{}`, 501, "evaluations"},
		{"POST /v1/evals/1/datapoints", `{}`, 501, "evaluations"},
		{"GET /v1/datasets", ``, 501, "datasets"},
		{"GET /v1/datasets/datapoints", ``, 501, "datasets"},
		{"POST /v1/browser-sessions/events", `{}`, 501, "browser"},
		{"POST /v1/rollouts/1/blocks", `{}`, 501, "debugger"},
		{"GET /v1/signals", ``, 501, "signals"},
		{"GET /v1/signals/fit/versions", ``, 501, "signals"},
		{"POST /v1/llm-profiles", `{}`, 501, "LLM profiles"},
	} {
		method, path, _ := strings.Cut(c.request, " ")
		status, answer := s.call(t, method, path, c.body)
		var e struct {
			Error struct{ Code, Message string }
		}
		err := json.Unmarshal([]byte(answer), &e)
		if status != c.status || err != nil || e.Error.Code == "" || !strings.Contains(e.Error.Message, c.words) {
			t.Errorf("%s %.80s: %d %s; want %d and %q", c.request, c.body, status, answer, c.status, c.words)
		}
	}
	if n := len(s.spans(t)); n != 2 {
		t.Errorf("%d spans are stored, want 2", n)
	}
}

func TestADebugRunGoesOnLive(t *testing.T) {
	s := newServer(t)
	for path, want := range map[string]string{
		"/v1/rollouts/custom-session":       `{"projectId":"00000000-0000-0000-0000-000000000000"}`,
		"/v1/rollouts/custom-session/cache": `{"outcome":"live"}`,
	} {
		if status, answer := s.call(t, "POST", path, "{}"); status != 200 || answer != want {
			t.Errorf("%s: %d %s, want 200 %s", path, status, answer, want)
		}
	}
}
