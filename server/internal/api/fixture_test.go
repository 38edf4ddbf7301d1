package api

import (
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/clewhq/clew/server/client"
	"github.com/clewhq/clew/server/internal/live"
	"github.com/clewhq/clew/server/internal/store"
	"github.com/clewhq/clew/server/internal/store/memory"
	"github.com/clewhq/clew/server/internal/trace"
)

// The traces of the fixture: one that is whole and has a value of everything, one
// that is broken in every way that needs no other trace, one that shares half
// of its id with that, and one of spans that know next to nothing.
var (
	wholeTrace  = trace.TraceID{0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c}
	brokenTrace = trace.TraceID{1, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9}
	halfTrace   = trace.TraceID{8: 9, 9: 9, 10: 9, 11: 9, 12: 9, 13: 9, 14: 9, 15: 9}
	bareTrace   = trace.TraceID{15: 3}
)

// at is a time in the fixture, ms milliseconds after its beginning.
func at(ms int) trace.Time {
	return trace.Time(1_795_233_000_123_456_789) + trace.Time(ms)*1_000_000
}

func spanID(n byte) trace.SpanID { return trace.SpanID{0xa0, 7: n} }

func resource(service string) *trace.Resource {
	return &trace.Resource{Attributes: trace.Attributes{
		{Key: "service.name", Value: trace.StringValue(service)},
		{Key: "process.pid", Value: trace.IntValue(4242)},
	}}
}

// newSpan returns a span of a service that lasted from one millisecond to another.
func newSpan(id trace.TraceID, span, parent byte, service, name string, from, to int) *trace.Span {
	s := &trace.Span{
		TraceID: id, ID: spanID(span), Name: name, Kind: trace.KindInternal, Start: at(from), End: at(to),
		Resource: resource(service), Scope: &trace.Scope{Name: "github.com/clewhq/clew", Version: "0.1.0"},
		Derived: trace.Derived{Service: service, Type: "DEFAULT"},
	}
	if parent != 0 {
		s.ParentID = spanID(parent)
	}
	return s
}

func ptr[T any](v T) *T { return &v }

func fixtureSpans() []*trace.Span {
	root := newSpan(wholeTrace, 1, 0, "gateway", "POST /chat", 0, 900)
	root.Kind, root.Session, root.User = trace.KindServer, "chat/7 ä", "ada"

	llm := newSpan(wholeTrace, 2, 1, "planner", "openai.chat", 10, 800)
	llm.Kind, llm.Flags, llm.TraceState = trace.KindClient, trace.FlagHasIsRemote|trace.FlagIsRemote|1, "vendor=opaque"
	llm.Status = trace.StatusOK
	llm.Derived = trace.Derived{
		Service: "planner", Type: "LLM", Session: "chat/7 ä", User: "ada", Tags: []string{"beta", "alpha"},
		Metadata: map[string]any{"plan": "pro", "seats": 3.0, "nested": map[string]any{"deep": []any{true, nil}}},
		Provider: "openai", Model: "gpt-4o", InputTokens: ptr(int64(1200)), OutputTokens: ptr(int64(34)), Cost: ptr(3340 * trace.Dollar / 1_000_000),
		Input: `[{"role":"user","content":"<b>Where is the thread?</b>"}]`, Output: "In the labyrinth & beyond.",
	}
	llm.Attributes = trace.Attributes{
		{Key: "text", Value: trace.StringValue("Zürich <&> \u2028")},
		{Key: "yes", Value: trace.BoolValue(true)},
		{Key: "no", Value: trace.BoolValue(false)},
		{Key: "big", Value: trace.IntValue(math.MaxInt64)},
		{Key: "half", Value: trace.DoubleValue(0.5)},
		{Key: "nan", Value: trace.DoubleValue(math.NaN())},
		{Key: "minus infinity", Value: trace.DoubleValue(math.Inf(-1))},
		{Key: "raw", Value: trace.BytesValue([]byte{0, 255})},
		{Key: "list", Value: trace.ArrayValue(trace.IntValue(1), trace.StringValue("b"), trace.ArrayValue(), trace.Value{})},
		{Key: "map", Value: trace.MapValue(trace.Attribute{Key: "inner", Value: trace.MapValue()})},
		{Key: "empty", Value: trace.Value{}},
		{Key: "text", Value: trace.StringValue("a repeated key")},
	}
	llm.Events = []trace.Event{{Name: "first token", Time: at(120), Attributes: trace.Attributes{{Key: "index", Value: trace.IntValue(0)}}}, {Name: "bare"}}
	llm.Links = []trace.Link{{TraceID: bareTrace, SpanID: spanID(1), TraceState: "a=b", Attributes: trace.Attributes{{Key: "why", Value: trace.StringValue("retry")}}}}

	tool := newSpan(wholeTrace, 3, 2, "tools", "search", 20, 0)
	tool.End, tool.Type = 0, "TOOL"

	lost := newSpan(brokenTrace, 2, 99, "tools", "orphan", 5, 6)
	lost.Flags = trace.FlagHasIsRemote | trace.FlagIsRemote
	failed := newSpan(brokenTrace, 3, 0, "worker", "second root", 7, 8)
	failed.Status, failed.StatusMessage, failed.IsError = trace.StatusError, "boom", true
	client, server := newSpan(brokenTrace, 4, 1, "a", "call", 1, 4), newSpan(brokenTrace, 4, 1, "b", "serve", 2, 3)
	client.Kind, server.Kind = trace.KindClient, trace.KindServer

	return []*trace.Span{
		root, llm, tool,
		newSpan(brokenTrace, 1, 0, "a", "root", 0, 9), lost, failed, client, server,
		newSpan(brokenTrace, 5, 6, "a", "chicken", 1, 2), newSpan(brokenTrace, 6, 5, "a", "egg", 1, 2),
		newSpan(halfTrace, 1, 0, "old", "half", 0, 1),
		newSpan(bareTrace, 1, 0, "unknown_service", "", -5000, -5000),
	}
}

// server is the API over a memory store, reached by the real client.
type server struct {
	*client.Client
	store store.Store
	hub   *live.Hub
	http  *httptest.Server
}

func newServer(t *testing.T, spans ...*trace.Span) *server {
	t.Helper()
	st := memory.New()
	facts := make([]trace.Fact, len(spans))
	for i, s := range spans {
		facts[i] = trace.Fact{Kind: trace.Finished, Span: s}
		if s.Open() {
			facts[i].Kind = trace.Opened
		}
	}
	if err := st.Append(t.Context(), facts); err != nil {
		t.Fatal(err)
	}
	hub := live.New()
	srv := httptest.NewServer(New(testConfig(st, hub)))
	t.Cleanup(func() {
		hub.Close()
		srv.Close()
		_ = st.Close()
	})
	return &server{&client.Client{URL: srv.URL, HTTP: srv.Client()}, st, hub, srv}
}

func testConfig(st store.Store, hub *live.Hub) Config {
	login := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return Config{Store: st, Live: hub, Deriver: testDeriver(), Version: "1.2.3", KeyRequired: true, Login: login, Logger: slog.New(slog.DiscardHandler)}
}

// get requests a path below base as it stands and returns the answer with its body.
func (s *server) get(t *testing.T, method, path string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := s.HTTP.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}
