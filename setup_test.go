package clew_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

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

func TestContinueReadsEveryFormatWhateverInjectUses(t *testing.T) {
	clewtest.Record(t, clew.ContextFormats("tracecontext"))
	ctx, s := clew.Start(clew.WithSession(t.Context(), "s"), "s")
	defer s.End()
	if id, _ := clew.SessionFrom(clew.Continue(context.Background(), clew.Serialize(ctx))); id != "s" {
		t.Errorf("session %q", id)
	}
}
