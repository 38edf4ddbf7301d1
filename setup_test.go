package clew_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
)

// collector is an OTLP receiver that keeps requests.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	paths  []string
	header http.Header
	body   []byte
}

func collect(t *testing.T) *collector {
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			body = z
		}
		data, err := io.ReadAll(body)
		if err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.paths, c.header, c.body = append(c.paths, r.URL.Path), r.Header, append(c.body, data...)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) got() (paths []string, header http.Header, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paths, c.header, c.body
}

func TestSetupExportsWhereItIsTold(t *testing.T) {
	for name, tc := range map[string]struct {
		env  func(url string) map[string]string
		opts func(url string) []clew.Option
		path string
		auth string
	}{
		"by option": {
			opts: func(url string) []clew.Option { return []clew.Option{clew.Endpoint(url), clew.APIKey("k1")} },
			path: "/v1/traces", auth: "Bearer k1",
		},
		"by option with a path": {
			opts: func(url string) []clew.Option {
				return []clew.Option{clew.Endpoint(url + "/otlp"), clew.Headers(map[string]string{"Authorization": "Basic x"})}
			},
			path: "/otlp", auth: "Basic x",
		},
		"by environment": {
			env: func(url string) map[string]string {
				return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": url + "/base/", "CLEW_KEY": "k2"}
			},
			path: "/base/v1/traces", auth: "Bearer k2",
		},
		"by the environment of traces": {
			env: func(url string) map[string]string {
				return map[string]string{
					"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": url + "/own",
					"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20k3,bad", "CLEW_KEY": "k2",
				}
			},
			path: "/own", auth: "Bearer k3",
		},
		"option over environment": {
			env: func(string) map[string]string {
				return map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_HEADERS": "authorization=no", "CLEW_KEY": "k2"}
			},
			opts: func(url string) []clew.Option { return []clew.Option{clew.Endpoint(url), clew.APIKey("k1")} },
			path: "/v1/traces", auth: "Bearer k1",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := collect(t)
			if tc.env != nil {
				for key, value := range tc.env(c.URL) {
					t.Setenv(key, value)
				}
			}
			opts := []clew.Option{clew.ServiceName("svc-name"), clew.ServiceVersion("9.8"), clew.Logger(slog.New(slog.DiscardHandler))}
			if tc.opts != nil {
				opts = append(opts, tc.opts(c.URL)...)
			}
			shutdown, err := clew.Setup(t.Context(), opts...)
			if err != nil {
				t.Fatal(err)
			}
			_, s := clew.Start(t.Context(), "span-name")
			s.End()
			if err := clew.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			paths, header, body := c.got()
			if len(paths) != 1 || paths[0] != tc.path || header.Get("Authorization") != tc.auth {
				t.Errorf("went to %v with %v", paths, header)
			}
			for _, want := range []string{"svc-name", "9.8", "span-name"} {
				if !bytes.Contains(body, []byte(want)) {
					t.Errorf("%q was not sent", want)
				}
			}
			_, s = clew.Start(t.Context(), "flushed by shutdown")
			s.End()
			for range 2 {
				if err := shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if _, _, body := c.got(); !bytes.Contains(body, []byte("flushed by shutdown")) {
				t.Error("shutdown did not flush")
			}
			_, s = clew.Start(t.Context(), "after")
			if s.OTel().IsRecording() || s.Serialize() != "" {
				t.Error("a span records after shutdown")
			}
		})
	}
}

func TestSetupRefusesWrongCodeAndForgivesAWrongEnvironment(t *testing.T) {
	for name, opt := range map[string]clew.Option{
		"an endpoint without scheme": clew.Endpoint("localhost:4318"),
		"an address alone":           clew.Endpoint("127.0.0.1:4318"),
		"an endpoint without host":   clew.Endpoint("http://"),
		"an unknown format":          clew.ContextFormats("smoke-signals"),
		"a header with a line break": clew.Headers(map[string]string{"a": "b\r\nc: d"}),
	} {
		shutdown, err := clew.Setup(t.Context(), opt)
		if err == nil || !strings.HasPrefix(err.Error(), "clew: Setup: ") || strings.HasPrefix(name, "an address") && !strings.Contains(err.Error(), "http://") {
			t.Errorf("%s gives %v", name, err)
		}
		if err := shutdown(t.Context()); err != nil {
			t.Errorf("%s: shutdown: %v", name, err)
		}
	}

	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "not a url")
	t.Setenv("OTEL_PROPAGATORS", "tracecontext,smoke-signals")
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "nonsense")
	var log bytes.Buffer
	r := clewtest.Record(t, clew.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	_, s := clew.Start(t.Context(), "s")
	s.End()
	r.Span("s")
	for _, want := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "smoke-signals", "OTEL_EXPORTER_OTLP_HEADERS"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("nothing was said about %s: %s", want, log.String())
		}
	}
}

func TestASecondSetupIsAnErrorUntilTheFirstIsShutDown(t *testing.T) {
	exporter := clew.Exporter(tracetest.NewNoopExporter())
	first, err := clew.Setup(t.Context(), exporter)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clew.Setup(t.Context(), exporter); err == nil {
		t.Error("a second Setup was accepted")
	}
	if err := first(t.Context()); err != nil {
		t.Error(err)
	}
	r := clewtest.Record(t)
	_, s := clew.Start(t.Context(), "again")
	s.End()
	r.Span("again")
}

func TestSetupKeepsTheProviderThatIsRegistered(t *testing.T) {
	before, beforeP := otel.GetTracerProvider(), otel.GetTextMapPropagator()
	t.Cleanup(func() { otel.SetTracerProvider(before); otel.SetTextMapPropagator(beforeP) })
	theirs := tracetest.NewInMemoryExporter()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(theirs))
	otel.SetTracerProvider(tp)
	otel.SetTextMapPropagator(propagation.Baggage{})

	var log bytes.Buffer
	own := tracetest.NewInMemoryExporter()
	shutdown, err := clew.Setup(t.Context(), clew.Exporter(own), clew.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	ctx, s := clew.Start(clew.WithSession(t.Context(), "s"), "ours")
	_, foreign := tp.Tracer("other").Start(ctx, "theirs")
	foreign.End()
	s.End()
	if err := clew.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	for where, exporter := range map[string]*tracetest.InMemoryExporter{"their exporter": theirs, "clew's": own} {
		spans := exporter.GetSpans()
		if len(spans) != 2 {
			t.Fatalf("%s has %d spans", where, len(spans))
		}
		for _, span := range spans {
			if span := (clewtest.Span{SpanStub: span}); span.Session() != "s" || span.Attr("lmnr.span.path") == "" {
				t.Errorf("%s: %s has %v", where, span.Name, span.Attributes)
			}
		}
	}
	if otel.GetTracerProvider() != trace.TracerProvider(tp) || otel.GetTextMapPropagator() != propagation.TextMapPropagator(propagation.Baggage{}) {
		t.Error("what was registered was replaced")
	}
	if n := strings.Count(log.String(), "already registered"); n != 2 {
		t.Errorf("said %d times that something is registered: %s", n, log.String())
	}
	if err := shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	_, s = clew.Start(t.Context(), "after")
	s.End()
	if len(theirs.GetSpans()) != 3 {
		t.Error("their provider does not record any more")
	}
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSetupUsesTheProviderItIsGiven(t *testing.T) {
	own := tracetest.NewInMemoryExporter()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(own))
	shutdown, err := clew.Setup(t.Context(), clew.TracerProvider(tp), clew.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	_, s := clew.Start(t.Context(), "s", clew.LLM)
	s.End()
	spans := own.GetSpans()
	if len(spans) != 1 || (clewtest.Span{SpanStub: spans[0]}).Attr("lmnr.span.path") != `["s"]` {
		t.Errorf("spans %v", spans)
	}
	if err := shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if _, s := clew.Start(t.Context(), "after"); !s.OTel().IsRecording() {
		t.Error("shutdown stopped a provider that is not Clew's")
	}
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOptionsThatAGivenProviderCannotObeyAreTold(t *testing.T) {
	for name, tc := range map[string]struct {
		opt  clew.Option
		told bool
	}{
		"service name": {clew.ServiceName("svc"), true},
		"sampler":      {clew.Sampler(sdktrace.NeverSample()), true},
		"processor":    {clew.SpanProcessor(drop{}), false},
	} {
		var log bytes.Buffer
		tp := sdktrace.NewTracerProvider()
		shutdown, err := clew.Setup(t.Context(), clew.TracerProvider(tp), tc.opt, clew.Logger(slog.New(slog.NewTextHandler(&log, nil))))
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(log.String(), "have no effect"); told != tc.told {
			t.Errorf("%s: %s", name, log.String())
		}
		if err := errors.Join(shutdown(t.Context()), tp.Shutdown(t.Context())); err != nil {
			t.Error(err)
		}
	}
}

func TestAProviderWithoutOurProcessorStillGetsPaths(t *testing.T) {
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	own := tracetest.NewInMemoryExporter()
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(own))
	otel.SetTracerProvider(tp) // a library that uses clew in a program that does not
	ctx, root := clew.Start(clew.WithUser(t.Context(), "u"), "root")
	clew.StartDetached(ctx, "child").End()
	root.End()
	for _, s := range own.GetSpans() {
		want := `["root"]`
		if s.Name == "child" {
			want = `["root","child"]`
		}
		if s := (clewtest.Span{SpanStub: s}); s.Attr("lmnr.span.path") != want || s.User() != "u" {
			t.Errorf("%s: %v", s.Name, s.Attributes)
		}
	}
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheRegisteredPropagatorTellsStrangersIDsOnly(t *testing.T) {
	clewtest.Record(t)
	ctx, s := clew.Start(clew.WithSession(t.Context(), "s"), "s")
	h := http.Header{}
	otel.GetTextMapPropagator().Inject(ctx, propagation.HeaderCarrier(h))
	s.End()
	if len(h) != 1 || h.Get("traceparent") == "" {
		t.Errorf("injected %v", h)
	}
	full := http.Header{}
	clew.Inject(ctx, propagation.HeaderCarrier(full))
	there := otel.GetTextMapPropagator().Extract(context.Background(), propagation.HeaderCarrier(full))
	if id, _ := clew.SessionFrom(there); id != "s" {
		t.Errorf("what friends send is not read: session %q", id)
	}
}

func TestShareInheritedTellsEverybody(t *testing.T) {
	clewtest.Record(t, clew.ShareInherited())
	ctx, s := clew.Start(clew.WithSession(t.Context(), "s"), "s")
	h := http.Header{}
	otel.GetTextMapPropagator().Inject(ctx, propagation.HeaderCarrier(h))
	s.End()
	if !strings.Contains(h.Get("X-Laminar-Span-Context"), `"sessionId":"s"`) {
		t.Errorf("injected %v", h)
	}
}

func TestAnOutageIsToldOnceAndFlushKnowsWhatItCost(t *testing.T) {
	var log bytes.Buffer
	broken := &flakyExporter{err: errors.New("connection refused")}
	shutdown, err := clew.Setup(t.Context(), clew.Exporter(broken), clew.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	send := func() error {
		_, s := clew.Start(t.Context(), "s")
		s.End()
		return clew.Flush(t.Context())
	}
	for range 3 {
		if err := send(); err == nil || err.Error() != "clew: 1 spans were not sent: connection refused" {
			t.Errorf("Flush says %v", err)
		}
	}
	broken.err = nil
	if err := send(); err != nil {
		t.Errorf("Flush says %v", err)
	}
	if strings.Count(log.String(), "cannot be sent") != 1 || !strings.Contains(log.String(), "lost=3") {
		t.Errorf("log: %s", log.String())
	}
	broken.err = errors.New("gone")
	_, s := clew.Start(t.Context(), "s")
	s.End()
	for range 2 {
		if err := shutdown(t.Context()); err == nil || !strings.Contains(err.Error(), "gone") {
			t.Errorf("shutdown says %v", err)
		}
	}
}

// flakyExporter fails while err is set; Flush orders its use.
type flakyExporter struct{ err error }

func (e *flakyExporter) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return e.err }
func (e *flakyExporter) Shutdown(context.Context) error                             { return nil }

func TestEnvironmentSwitches(t *testing.T) {
	t.Run("off", func(t *testing.T) {
		t.Setenv("OTEL_SDK_DISABLED", "true")
		shutdown, err := clew.Setup(t.Context(), clew.Logger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		if _, s := clew.Start(t.Context(), "s"); s.OTel().IsRecording() {
			t.Error("a span records")
		}
		if err := shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("baggage", func(t *testing.T) {
		t.Setenv("OTEL_PROPAGATORS", "tracecontext, baggage")
		clewtest.Record(t)
		fields := strings.Join(otel.GetTextMapPropagator().Fields(), " ")
		if !strings.Contains(fields, "baggage") || strings.Contains(fields, "laminar") {
			t.Errorf("fields %s", fields)
		}
		ctx, s := clew.Start(t.Context(), "s")
		defer s.End()
		h := http.Header{}
		clew.Inject(ctx, propagation.HeaderCarrier(h))
		if len(h) != 1 {
			t.Errorf("injected %v", h)
		}
	})
}

// opaque is a provider that takes no processors.
type opaque struct{ noop.TracerProvider }

func TestAProviderThatTakesNoProcessorsIsLeftAlone(t *testing.T) {
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	otel.SetTracerProvider(opaque{})
	var log bytes.Buffer
	shutdown, err := clew.Setup(t.Context(), clew.Exporter(tracetest.NewNoopExporter()), clew.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "takes no span processors") {
		t.Errorf("log: %s", log.String())
	}
	_, s := clew.Start(t.Context(), "s")
	s.End()
	if err := errors.Join(clew.Flush(t.Context()), shutdown(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestContinueReadsEveryFormatWhateverInjectUses(t *testing.T) {
	clewtest.Record(t, clew.ContextFormats("tracecontext"))
	ctx, s := clew.Start(clew.WithSession(t.Context(), "s"), "s")
	defer s.End()
	if id, _ := clew.SessionFrom(clew.Continue(context.Background(), clew.Serialize(ctx))); id != "s" {
		t.Errorf("session %q", id)
	}
}
