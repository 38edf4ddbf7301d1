package clewmcp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
	"github.com/clewhq/clew/clewtest"
	clewmcp "github.com/clewhq/clew/contrib/mcp"
)

const call = "tools/call weather"

type question struct {
	City string `json:"city"`
}

// sessions is the last protocol version that has them: later ones send every request on its own.
var sessions = &mcp.ServerOptions{SupportedProtocolVersions: []string{"2025-11-25"}}

// server has one tool, which answers with what seen returns.
func server(seen func(ctx context.Context, req *mcp.CallToolRequest) (string, error), opts ...clewmcp.ReceivingOption) *mcp.Server {
	return serverWith(nil, seen, opts...)
}

func serverWith(o *mcp.ServerOptions, seen func(ctx context.Context, req *mcp.CallToolRequest) (string, error), opts ...clewmcp.ReceivingOption) *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "weather", Version: "1"}, o)
	s.AddReceivingMiddleware(clewmcp.Receiving(opts...))
	s.AddSendingMiddleware(clewmcp.Sending())
	mcp.AddTool(s, &mcp.Tool{Name: "weather"}, func(ctx context.Context, req *mcp.CallToolRequest, _ question) (*mcp.CallToolResult, any, error) {
		_, span := clew.Start(ctx, "work")
		defer span.End()
		text, err := seen(ctx, req)
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: text}}}, nil, err
	})
	return s
}

func sunny(context.Context, *mcp.CallToolRequest) (string, error) { return "sunny", nil }

// connect joins a server and a client over two ends of a transport.
func connect(t testing.TB, s *mcp.Server, serverSide, clientSide mcp.Transport, opts ...clewmcp.SendingOption) *mcp.ClientSession {
	t.Helper()
	running, err := s.Connect(t.Context(), serverSide, nil)
	if err != nil {
		t.Fatal(err)
	}
	session := dial(t, clientSide, opts...)
	t.Cleanup(func() {
		_ = session.Close()
		if err := running.Wait(); err != nil && !errors.Is(err, io.EOF) {
			t.Log("server:", err)
		}
	})
	return session
}

func dial(t testing.TB, transport mcp.Transport, opts ...clewmcp.SendingOption) *mcp.ClientSession {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "agent", Version: "1"}, &mcp.ClientOptions{
		ElicitationHandler: func(ctx context.Context, _ *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			_, span := clew.Start(ctx, "person")
			defer span.End()
			return &mcp.ElicitResult{Action: "accept"}, nil
		},
	})
	client.AddSendingMiddleware(clewmcp.Sending(opts...))
	client.AddReceivingMiddleware(clewmcp.Receiving())
	session, err := client.Connect(t.Context(), transport, nil)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func memory(t testing.TB, s *mcp.Server, opts ...clewmcp.SendingOption) *mcp.ClientSession {
	t.Helper()
	a, b := mcp.NewInMemoryTransports()
	return connect(t, s, a, b, opts...)
}

// pipes are what a client and a server over standard input and output have.
func pipes(t testing.TB, s *mcp.Server, opts ...clewmcp.SendingOption) *mcp.ClientSession {
	t.Helper()
	serverIn, clientOut := io.Pipe()
	clientIn, serverOut := io.Pipe()
	return connect(t, s, &mcp.IOTransport{Reader: serverIn, Writer: serverOut}, &mcp.IOTransport{Reader: clientIn, Writer: clientOut}, opts...)
}

func overHTTP(t testing.TB, s *mcp.Server, opts ...clewmcp.SendingOption) *mcp.ClientSession {
	t.Helper()
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, nil)
	web := httptest.NewServer(clewhttp.Handler(handler))
	session := dial(t, &mcp.StreamableClientTransport{Endpoint: web.URL, HTTPClient: &http.Client{Transport: clewhttp.Transport(nil)}}, opts...)
	t.Cleanup(func() { _ = session.Close(); web.CloseClientConnections(); web.Close() })
	return session
}

func ask(t testing.TB, ctx context.Context, session *mcp.ClientSession) string {
	t.Helper()
	res, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "weather", Arguments: question{"Oslo"}})
	if err != nil {
		t.Fatal(err)
	}
	return res.Content[0].(*mcp.TextContent).Text
}

// sides waits for the client and the server span of a request.
func sides(r *clewtest.Recorder, name string) (client, server clewtest.Span) {
	of := func(kind trace.SpanKind) clewtest.Span {
		return r.Wait(1, fmt.Sprintf("of kind %s called %q", kind, name), func(s clewtest.Span) bool {
			return s.SpanKind == kind && s.Name == name
		})[0]
	}
	return of(trace.SpanKindClient), of(trace.SpanKindServer)
}

func TestAToolCallIsOneTraceOverEveryTransport(t *testing.T) {
	for name, tc := range map[string]struct {
		connect func(testing.TB, *mcp.Server, ...clewmcp.SendingOption) *mcp.ClientSession
		options *mcp.ServerOptions
	}{
		"in memory": {memory, nil}, "in a session in memory": {memory, sessions},
		"over pipes": {pipes, nil}, "in a session over pipes": {pipes, sessions},
		"over HTTP": {overHTTP, nil}, "in a session over HTTP": {overHTTP, sessions},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t)
			session := tc.connect(t, serverWith(tc.options, sunny))
			ctx, root := clew.Start(t.Context(), "root")
			if got := ask(t, ctx, session); got != "sunny" {
				t.Errorf("got %q", got)
			}
			root.End()
			c, s := sides(r, call)
			r.WantChild(c, r.Span("root"))
			r.WantChild(s, c)
			r.WantChild(r.Span("work"), s)
			for _, side := range []clewtest.Span{c, s} {
				got := []string{
					side.Attr("mcp.method.name"), side.Attr("gen_ai.tool.name"), side.Attr("gen_ai.operation.name"),
					side.Attr("lmnr.span.type"), side.Attr("lmnr.span.input"), side.Attr("lmnr.span.output"),
				}
				if diff := cmp.Diff([]string{"tools/call", "weather", "execute_tool", "TOOL", `{"city":"Oslo"}`, "sunny"}, got); diff != "" {
					t.Errorf("%v (-want +got)\n%s", side.SpanKind, diff)
				}
			}
		})
	}
}

func TestAServerThatAsksBackStaysInTheTrace(t *testing.T) {
	r := clewtest.Record(t)
	session := memory(t, serverWith(sessions, func(ctx context.Context, req *mcp.CallToolRequest) (string, error) {
		_, err := req.Session.Elicit(ctx, &mcp.ElicitParams{Message: "which one?", RequestedSchema: map[string]any{"type": "object"}})
		return "asked", err
	}))
	if got := ask(t, t.Context(), session); got != "asked" {
		t.Fatalf("got %q", got)
	}
	c, s := sides(r, "elicitation/create")
	_, tool := sides(r, call)
	r.WantChild(c, tool)
	r.WantChild(s, c)
	r.WantChild(r.Span("person"), s)
}

func TestOnlyPeersThatMayLearnTheSession(t *testing.T) {
	for name, tc := range map[string]struct {
		sending   []clewmcp.SendingOption
		receiving []clewmcp.ReceivingOption
		want      string
	}{
		"by default ids only":                {nil, nil, ""},
		"an own system":                      {[]clewmcp.SendingOption{clewmcp.ShareInherited()}, nil, "chat-7"},
		"a server that believes no stranger": {[]clewmcp.SendingOption{clewmcp.ShareInherited()}, []clewmcp.ReceivingOption{clewmcp.Extraction(clew.IDsOnly)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t)
			session := memory(t, server(func(ctx context.Context, _ *mcp.CallToolRequest) (string, error) {
				id, _ := clew.SessionFrom(ctx)
				return id, nil
			}, tc.receiving...), tc.sending...)
			if got := ask(t, clew.WithSession(t.Context(), "chat-7"), session); got != tc.want {
				t.Errorf("the server saw session %q, want %q", got, tc.want)
			}
			c, s := sides(r, call)
			r.WantChild(s, c)
		})
	}
}

// bare is a client without middleware, as other people's are, that sends these headers.
func bare(t testing.TB, s *mcp.Server, header http.Header) *mcp.ClientSession {
	t.Helper()
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, nil)
	web := httptest.NewServer(clewhttp.Handler(handler))
	client := mcp.NewClient(&mcp.Implementation{Name: "other", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{
		Endpoint: web.URL, HTTPClient: &http.Client{Transport: headers(header)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close(); web.CloseClientConnections(); web.Close() })
	return session
}

type headers http.Header

func (h headers) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, values := range h {
		r.Header[name] = values
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestWhereTheContextIsFound(t *testing.T) {
	const one, other = "0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"
	parent := func(id string) string { return "00-" + id + "-b7ad6b7169203331-01" }
	for name, tc := range map[string]struct {
		meta   mcp.Meta
		header http.Header
		trace  string // "" for a new one
	}{
		"in _meta":                       {mcp.Meta{"traceparent": parent(one)}, nil, one},
		"in _meta in another case":       {mcp.Meta{"Traceparent": parent(one)}, nil, one},
		"_meta wins over headers":        {mcp.Meta{"traceparent": parent(one)}, http.Header{"Traceparent": {parent(other)}}, one},
		"headers where _meta has none":   {nil, http.Header{"Traceparent": {parent(other)}}, other},
		"headers where _meta is useless": {mcp.Meta{"traceparent": 7, "tracestate": nil}, http.Header{"Traceparent": {parent(other)}}, other},
		"nowhere":                        {nil, nil, ""},
	} {
		for version, options := range map[string]*mcp.ServerOptions{"": nil, ", in a session": sessions} {
			t.Run(name+version, func(t *testing.T) {
				r := clewtest.Record(t)
				session := bare(t, serverWith(options, sunny), tc.header)
				for range 2 { // the second one must not hang below the first
					if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Meta: tc.meta, Name: "weather", Arguments: question{}}); err != nil {
						t.Fatal(err)
					}
				}
				got := r.Named(call, 2)
				for _, s := range got {
					if id := s.SpanContext.TraceID().String(); tc.trace != "" && id != tc.trace {
						t.Errorf("trace %s, want %s", id, tc.trace)
					}
				}
				if tc.trace == "" && got[0].SpanContext.TraceID() == got[1].SpanContext.TraceID() {
					t.Error("two calls without a context share a trace")
				}
			})
		}
	}
}

func TestANewTraceLinksToTheSenderWhereverItWasNamed(t *testing.T) {
	const parent, other = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	for name, tc := range map[string]struct {
		meta   mcp.Meta
		header http.Header
	}{
		"in _meta":   {mcp.Meta{"traceparent": parent}, http.Header{"Traceparent": {other}}},
		"in headers": {nil, http.Header{"Traceparent": {parent}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t)
			session := bare(t, serverWith(nil, sunny, clewmcp.Extraction(clew.PolicyRestart)), tc.header)
			if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Meta: tc.meta, Name: "weather", Arguments: question{}}); err != nil {
				t.Fatal(err)
			}
			s := r.Span(call)
			if len(s.Links) != 1 || s.Links[0].SpanContext.SpanID().String() != "b7ad6b7169203331" || s.Parent.IsValid() {
				t.Errorf("links %v, parent %v", s.Links, s.Parent.IsValid())
			}
		})
	}
}

func TestHowRequestsEnd(t *testing.T) {
	t.Run("a tool that fails", func(t *testing.T) {
		r := clewtest.Record(t)
		session := memory(t, server(func(context.Context, *mcp.CallToolRequest) (string, error) { return "", errors.New("no such city") }))
		if got := ask(t, t.Context(), session); got != "no such city" {
			t.Errorf("got %q", got)
		}
		c, s := sides(r, call)
		for _, side := range []clewtest.Span{c, s} {
			if side.Status.Code != codes.Error || side.Status.Description != "no such city" || side.Attr("error.type") != "tool_error" {
				t.Errorf("%v: %v, %q", side.SpanKind, side.Status, side.Attr("error.type"))
			}
		}
	})
	t.Run("a refusal", func(t *testing.T) {
		r := clewtest.Record(t)
		session := memory(t, server(sunny))
		_, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "unknown"})
		var refused *jsonrpc.Error
		if !errors.As(err, &refused) {
			t.Fatalf("got %v", err)
		}
		c, s := sides(r, "tools/call unknown")
		for _, side := range []clewtest.Span{c, s} {
			if side.Status.Code != codes.Error || side.Attr("rpc.response.status_code") != "-32602" {
				t.Errorf("%v: %v, %q", side.SpanKind, side.Status, side.Attr("rpc.response.status_code"))
			}
		}
	})
}

func TestParamsStayTheCallers(t *testing.T) {
	r := clewtest.Record(t)
	session := memory(t, server(sunny), clewmcp.Span(clew.NoInput, clew.NoOutput))
	stale := "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	params := &mcp.CallToolParams{Name: "weather", Arguments: question{"Oslo"}, Meta: mcp.Meta{"other": "x", "TraceParent": stale, "tracestate": "old=1"}}
	if _, err := session.CallTool(t.Context(), params); err != nil {
		t.Fatal(err)
	}
	c, s := sides(r, call)
	r.WantChild(s, c)
	if params.Meta["TraceParent"] != stale || params.Meta["traceparent"] != nil {
		t.Errorf("the caller's _meta was changed: %v", params.Meta)
	}
	if c.Attr("lmnr.span.input")+c.Attr("lmnr.span.output") != "" || s.Attr("lmnr.span.input") == "" {
		t.Errorf("the client recorded %q, the server %q", c.Attr("lmnr.span.input"), s.Attr("lmnr.span.input"))
	}
}

func TestRequestsWithoutParamsCarryTheContext(t *testing.T) {
	r := clewtest.Record(t)
	session := memory(t, server(sunny))
	if err := session.Ping(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := session.ListTools(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{"ping", "tools/list"} {
		c, s := sides(r, method)
		r.WantChild(s, c)
	}
}

func TestTheRequestThatOpensASessionCarriesTheContext(t *testing.T) {
	for name, options := range map[string]*mcp.ServerOptions{"server/discover": nil, "initialize": sessions} {
		t.Run(name, func(t *testing.T) {
			r := clewtest.Record(t)
			memory(t, serverWith(options, sunny))
			client, server := sides(r, name)
			r.WantChild(server, client)
		})
	}
}

func TestNotificationsMakeNoSpan(t *testing.T) {
	r := clewtest.Record(t)
	var mu sync.Mutex
	var seen trace.TraceID
	done := make(chan struct{})
	s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, &mcp.ServerOptions{
		ProgressNotificationHandler: func(ctx context.Context, _ *mcp.ProgressNotificationServerRequest) {
			mu.Lock()
			defer mu.Unlock()
			seen = trace.SpanContextFromContext(ctx).TraceID()
			close(done)
		},
	})
	s.AddReceivingMiddleware(clewmcp.Receiving())
	session := memory(t, s)
	ctx, root := clew.Start(t.Context(), "root")
	if err := session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ProgressToken: "p"}); err != nil {
		t.Fatal(err)
	}
	<-done
	root.End()
	mu.Lock()
	defer mu.Unlock()
	if seen != root.OTel().SpanContext().TraceID() {
		t.Errorf("the handler saw trace %v", seen)
	}
	r.Named("notifications/progress", 0)
}

func TestCarrierLeavesOtherValuesAlone(t *testing.T) {
	meta := map[string]any{"progressToken": 7, "TraceState": "a=1", "traceparent": 3}
	var carrier propagation.TextMapCarrier = clewmcp.Carrier(meta)
	if carrier.Get("tracestate") != "a=1" || carrier.Get("traceparent") != "" || carrier.Get("progressToken") != "" {
		t.Errorf("%v", meta)
	}
	carrier.Set("tracestate", "b=2")
	if diff := cmp.Diff(map[string]any{"progressToken": 7, "tracestate": "b=2", "traceparent": 3}, meta); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	clewmcp.Carrier(nil).Set("x", "y") // nowhere to write to, and no panic
}
