package mirascope

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewhttp"
	"github.com/clewhq/clew/interop/internal/peer"
	"github.com/clewhq/clew/propagators"
	"github.com/clewhq/clew/server/client"
)

var ops = peer.Package{Registry: "PyPI", Name: "mirascope"}

// setUp makes this process one that sends to a clew of its own.
func setUp(t *testing.T) *peer.Server {
	t.Helper()
	srv := peer.StartServer(t)
	shutdown, err := clew.Setup(t.Context(), clew.Endpoint(srv.URL), clew.ServiceName("go"),
		clew.ContextFormats("tracecontext", "laminar", "mirascope", "b3", "b3multi", "jaeger"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return srv
}

func flush(t *testing.T) {
	t.Helper()
	if err := clew.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// formats are what this SDK writes for each MIRASCOPE_PROPAGATOR.
var formats = map[string][]string{
	"tracecontext": {"tracecontext"},
	"b3":           {"b3"},
	"b3multi":      {"b3multi"},
	"jaeger":       {"jaeger"},
	"composite":    {"tracecontext", "b3", "b3multi", "jaeger"},
}

type hop struct{ Trace, Span string }

func TestEveryPropagatorIsOneTraceInBothDirections(t *testing.T) {
	srv := setUp(t)
	for name, ours := range formats {
		t.Run(name, func(t *testing.T) {
			ctx, here := clew.Start(clew.WithSession(t.Context(), "go-session"), "here")
			here.End()
			writer, err := propagators.New(append(slices.Clone(ours), "mirascope")...)
			if err != nil {
				t.Fatal(err)
			}
			carrier := propagators.Map{}
			writer.Inject(ctx, carrier)
			var got struct {
				Injected struct {
					hop
					Headers propagators.Map
				}
				Extracted []hop
				Features  hop
			}
			program := peer.Python(t, "mirascope/hop.py", "MIRASCOPE_PROPAGATOR="+name)
			program.Run(t, map[string]any{"endpoint": srv.URL, "carriers": []any{carrier}}, &got)

			check := func(feature string, fn func(t *testing.T)) {
				t.Run(feature, func(t *testing.T) {
					ops.Check(t, feature+", "+name)
					fn(t)
				})
			}
			check("inject here, extract there", func(t *testing.T) {
				flush(t)
				tr := srv.Await(t, here.OTel().SpanContext().TraceID().String(), 2)
				tr.Line(t, "here", "continued")
				if s := tr.Span(t, "continued"); s.SessionID != "go-session" || s.Service != "mirascope" {
					t.Errorf("session %q, service %q", s.SessionID, s.Service)
				}
			})
			check("inject there, extract here", func(t *testing.T) {
				ctx := clew.Extract(t.Context(), got.Injected.Headers)
				if r := clew.Refusals(ctx); len(r) > 0 {
					t.Error(r)
				}
				_, back := clew.Start(ctx, "back")
				back.End()
				flush(t)
				tr := srv.Await(t, got.Injected.Trace, 2)
				tr.Line(t, "there", "back")
				if s := tr.Span(t, "back"); s.SessionID != "mira-session" {
					t.Errorf("session %q", s.SessionID)
				}
			})
			if name == "tracecontext" {
				checkFeatures(t, srv.Await(t, got.Features.Trace, 8), check)
			}
			if c := program.Complaints(); len(c) > 1 { // the one is that without ruff there are no versions
				t.Errorf("it says:\n%s", strings.Join(c, "\n"))
			}
		})
	}
}

func checkFeatures(t *testing.T, tr peer.Trace, check func(string, func(t *testing.T))) {
	check("span", func(t *testing.T) {
		s := tr.Span(t, "features")
		names := []string{}
		for _, e := range s.Events {
			names = append(names, e.Name)
		}
		if diff := cmp.Diff([]string{"cache miss", "info"}, names); diff != "" || peer.Attribute(s, "my.key") != "my value" {
			t.Errorf("my.key %v, events (-want +got):\n%s", peer.Attribute(s, "my.key"), diff)
		}
	})
	check("session", func(t *testing.T) {
		for _, s := range tr.Spans {
			if s.SessionID != "features" {
				t.Errorf("session of %s is %q", s.Name, s.SessionID)
			}
		}
	})
	check("log levels", func(t *testing.T) {
		if s := tr.Span(t, "logs an error"); s.Status != "error" || len(s.Events) != 1 {
			t.Errorf("status %s, events %v", s.Status, s.Events)
		}
	})
	check("exceptions", func(t *testing.T) {
		if s := tr.Span(t, "failing"); s.Status != "error" || len(s.Events) != 1 || s.Events[0].Name != "exception" {
			t.Errorf("status %s, events %v", s.Status, s.Events)
		}
	})
	check("trace", func(t *testing.T) {
		i := slices.IndexFunc(tr.Spans, func(s client.Span) bool { return strings.HasSuffix(s.Name, "answer_question") })
		if i < 0 {
			t.Fatalf("no span of answer_question in:\n%s", tr)
		}
		s := tr.Spans[i]
		if !strings.Contains(s.Input, "why") || !strings.Contains(s.Output, "why: 3") || s.Metadata["team"] != "search" {
			t.Errorf("input %q, output %q, metadata %v", s.Input, s.Output, s.Metadata)
		}
		if diff := cmp.Diff([]string{"a", "b"}, s.Tags); diff != "" {
			t.Errorf("tags (-want +got):\n%s", diff)
		}
	})
	ops.Lacks(t, "version", "not without the ruff program beside it")
	ops.Lacks(t, "annotations after the span", "they are written on a span that has ended")
	ops.Lacks(t, "users", "its headers and spans have none")
}

// The recipes: a Go client calls the service, and the service calls a Go server.
func TestTheRecipesForWebFrameworks(t *testing.T) {
	srv := setUp(t)
	next := httptest.NewServer(clewhttp.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })))
	defer next.Close()
	for _, recipe := range []string{"fastapi", "flask"} {
		t.Run(recipe, func(t *testing.T) {
			addr := peer.FreeAddr(t)
			var port int
			if _, err := fmt.Sscanf(addr, "127.0.0.1:%d", &port); err != nil {
				t.Fatal(err)
			}
			program := peer.Python(t, "mirascope/web.py")
			wait := program.Start(t, map[string]any{"endpoint": srv.URL, "recipe": recipe, "port": port, "next": next.URL}, &struct{}{})
			get(t.Context(), t, http.DefaultClient, "http://"+addr+"/") // until it answers, whatever

			ctx, root := clew.Start(clew.WithSession(t.Context(), recipe+"-session"), "client "+recipe)
			caller := &http.Client{Transport: clewhttp.Transport(nil)}
			get(ctx, t, caller, "http://"+addr+"/ask")
			root.End()
			flush(t)
			get(t.Context(), t, http.DefaultClient, "http://"+addr+"/stop")
			wait()

			id := root.OTel().SpanContext().TraceID().String()
			if recipe == "fastapi" {
				ops.Check(t, "recipes for FastAPI and httpx")
				tr := srv.Await(t, id, 5)
				tr.Under(t, "handle", "call on")
				inOneLine(t, tr, "client fastapi", "handle", "call on")
				for _, name := range []string{"handle", "call on"} {
					if s := tr.Span(t, name); s.SessionID != "fastapi-session" {
						t.Errorf("session of %s is %q:\n%s", name, s.SessionID, tr)
					}
				}
				return
			}
			// dict(request.headers) has "Traceparent", and the recipe looks for
			// "traceparent". The session is found whatever its case.
			ops.Lacks(t, "recipe for Flask: trace", "it looks the header up in another case than it has")
			ops.Check(t, "recipe for Flask: session")
			session, err := srv.Session(t.Context(), "flask-session", client.Query{})
			if err != nil || len(session.Traces) != 2 {
				t.Fatalf("the session has %d traces, want the client's and the service's: %v", len(session.Traces), err)
			}
			for _, sum := range session.Traces {
				if sum.TraceID != id {
					tr := srv.Await(t, sum.TraceID, 3)
					tr.Line(t, "handle", "call on")
				}
			}
		})
	}
}

// inOneLine fails t unless each of the spans is below the one before.
func inOneLine(t *testing.T, tr peer.Trace, names ...string) {
	t.Helper()
	parents := map[string]string{}
	for _, s := range tr.Spans {
		parents[s.SpanID] = s.ParentSpanID
	}
	for i := 1; i < len(names); i++ {
		above, at := tr.Span(t, names[i-1]).SpanID, tr.Span(t, names[i]).ParentSpanID
		for at != "" && at != above {
			at = parents[at]
		}
		if at == "" {
			t.Errorf("%s is not below %s:\n%s", names[i], names[i-1], tr)
		}
	}
}

// get asks until there is an answer.
func get(ctx context.Context, t *testing.T, c *http.Client, url string) {
	t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := c.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		}
	}
}
