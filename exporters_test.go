package clew_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
)

func TestAnExporterFitsIntoSomebodyElsesProvider(t *testing.T) {
	var tries atomic.Int32
	c := collect(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		c.Config.Handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	e, err := clew.NewExporter(clew.Endpoint(server.URL), clew.APIKey("k"))
	if err != nil {
		t.Fatal(err)
	}
	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(e))
	_, s := tp.Tracer("theirs").Start(t.Context(), "their span")
	s.End()
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	paths, header, body := c.got()
	if len(paths) != 1 || header.Get("Authorization") != "Bearer k" || !bytes.Contains(body, []byte("their span")) || tries.Load() != 2 {
		t.Errorf("%v with %v after %d tries", paths, header, tries.Load())
	}
}

func TestAnExporterTellsWhatTheServerRefuses(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	e, err := clew.NewExporter(clew.Endpoint(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	var reported error
	tp := sdktrace.NewTracerProvider(sdktrace.WithSyncer(catching{e, &reported}))
	_, s := tp.Tracer("theirs").Start(t.Context(), "s")
	s.End()
	if reported == nil || !regexp.MustCompile(`^clew: 1 spans were not sent: .* answers 404`).MatchString(reported.Error()) {
		t.Error(reported)
	}
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// catching keeps the error of an exporter.
type catching struct {
	sdktrace.SpanExporter
	err *error
}

func (c catching) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	*c.err = c.SpanExporter.ExportSpans(ctx, spans)
	return *c.err
}

func TestAPersonReadsALineForEachSpan(t *testing.T) {
	var out bytes.Buffer
	clewtest.Record(t, clew.SpanProcessor(sdktrace.NewSimpleSpanProcessor(clew.NewTextExporter(&out))))
	_ = clew.Run(t.Context(), "answer", func(ctx context.Context) error {
		clew.StartDetached(ctx, "search", clew.TOOL).End()
		return errors.New("no\x1b[31m answer")
	})
	want := regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{3}   search [0-9.µms]+ TOOL \[[0-9a-f]{32} [0-9a-f]{16}\]
\d\d:\d\d:\d\d\.\d{3} answer [0-9.µms]+ DEFAULT error: no \[31m answer \[[0-9a-f]{32} [0-9a-f]{16}\]
$`)
	if !want.MatchString(out.String()) {
		t.Errorf("%q", out.String())
	}
}

func TestAFileHasARequestOnEachLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spans.jsonl")
	for range 2 { // the second run appends
		e, err := clew.NewFileExporter(path)
		if err != nil {
			t.Fatal(err)
		}
		shutdown, err := clew.Setup(t.Context(), clew.Exporter(e), clew.ServiceName("svc"), clew.Logger(slog.New(slog.DiscardHandler)))
		if err != nil {
			t.Fatal(err)
		}
		clew.StartDetached(t.Context(), "a\nb", clew.Attr(attribute.Int("n", 7))).End()
		clew.StartDetached(t.Context(), "c").End()
		if err := shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(content, []byte("\n")); n != 4 || bytes.Count(content, []byte(`{"resourceSpans":[`)) != 4 ||
		!bytes.Contains(content, []byte(`{"key":"n","value":{"intValue":"7"}}`)) || !bytes.Contains(content, []byte(`"a\nb"`)) {
		t.Errorf("%d lines: %s", n, content)
	}
	if _, err := clew.NewFileExporter(filepath.Join(path, "no")); err == nil {
		t.Error("a file is no directory")
	}
}
