package clew_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clewhq/clew"
)

// gate is an exporter that waits until it is opened or given up.
type gate struct {
	open chan struct{}
	sent int
}

func (g *gate) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	select {
	case <-g.open:
		g.sent += len(spans) // exports are made one after the other
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (*gate) Shutdown(context.Context) error { return nil }

func TestABurstThatTheQueueHoldsIsSentWhole(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	shutdown, err := clew.Setup(t.Context(), clew.Exporter(g), clew.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	for range 10_000 {
		clew.StartDetached(t.Context(), "s").End()
	}
	close(g.open)
	if err := shutdown(t.Context()); err != nil || g.sent != 10_000 {
		t.Errorf("%d spans sent, %v", g.sent, err)
	}
}

func TestOnlyTheSpansThatAServerRefusesAreLost(t *testing.T) {
	for name, tc := range map[string]struct{ rejected, want string }{
		"some": {"\x08\x02", "clew: 2 spans were not sent: traces export: OTLP partial success: bad time (2 spans rejected)"},
		"none": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/x-protobuf")
				partial := tc.rejected + "\x12\x08bad time"                         // ExportTracePartialSuccess
				_, _ = io.WriteString(w, "\x0a"+string(rune(len(partial)))+partial) // ExportTraceServiceResponse
			}))
			defer server.Close()
			shutdown, err := clew.Setup(t.Context(), clew.Endpoint(server.URL), clew.Logger(slog.New(slog.DiscardHandler)))
			if err != nil {
				t.Fatal(err)
			}
			for range 5 {
				clew.StartDetached(t.Context(), "s").End()
			}
			got := ""
			if err := shutdown(t.Context()); err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("shutdown says %q, want %q", got, tc.want)
			}
		})
	}
}

func TestSpansThatFindTheQueueFullAreCounted(t *testing.T) {
	t.Setenv("OTEL_BSP_MAX_QUEUE_SIZE", "600")
	g := &gate{open: make(chan struct{})}
	var log bytes.Buffer
	shutdown, err := clew.Setup(t.Context(), clew.Exporter(g), clew.Logger(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		clew.StartDetached(t.Context(), "s").End()
	}
	close(g.open)
	err = clew.Flush(t.Context())
	if want := "clew: 400 spans were not sent: more than 600 spans were waiting, see OTEL_BSP_MAX_QUEUE_SIZE"; err == nil || err.Error() != want {
		t.Errorf("Flush says %v, want %s", err, want)
	}
	if err := shutdown(t.Context()); err != nil || g.sent != 600 {
		t.Errorf("%d spans sent, %v", g.sent, err)
	}
	if n := strings.Count(log.String(), "cannot be sent"); n != 1 {
		t.Errorf("the loss was told %d times: %s", n, log.String())
	}
}

func TestFlushAndShutdownWaitTenSecondsWhereTheContextHasNoDeadline(t *testing.T) {
	for name, opts := range map[string]func() []clew.Option{
		"a provider made by Setup": func() []clew.Option { return nil },
		"a provider of the program": func() []clew.Option {
			tp := sdktrace.NewTracerProvider()
			t.Cleanup(func() { _ = tp.Shutdown(context.Background()) })
			return []clew.Option{clew.TracerProvider(tp)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &gate{open: make(chan struct{})}
				shutdown, err := clew.Setup(t.Context(), append(opts(), clew.Exporter(g), clew.Logger(slog.New(slog.DiscardHandler)))...)
				if err != nil {
					t.Fatal(err)
				}
				for range 10_000 { // twenty batches
					clew.StartDetached(t.Context(), "s").End()
				}
				for _, wait := range []func(context.Context) error{clew.Flush, shutdown} {
					start := time.Now()
					err := wait(context.Background())
					if took := time.Since(start); took != 10*time.Second || !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%v after %v", err, took)
					}
				}
				close(g.open)
			})
		})
	}
}

// late ends a span while it is shut down.
type late struct {
	*tracetest.NoopExporter
	span *clew.Span
}

func (l *late) Shutdown(context.Context) error {
	l.span.End()
	return nil
}

func TestASpanThatEndsDuringShutdownIsCounted(t *testing.T) {
	l := &late{NoopExporter: tracetest.NewNoopExporter()}
	shutdown, err := clew.Setup(t.Context(), clew.Exporter(l), clew.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	l.span = clew.StartDetached(t.Context(), "s")
	if err := shutdown(t.Context()); err == nil || err.Error() != "clew: 1 spans were not sent: they ended during shutdown" {
		t.Errorf("shutdown says %v", err)
	}
}

func TestFlushAndShutdownThatRunOutOfTimeTellHowManySpansAreLeft(t *testing.T) {
	g := &gate{open: make(chan struct{})}
	shutdown, err := clew.Setup(t.Context(), clew.Exporter(g), clew.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 { // more than a batch, so one is on its way
		clew.StartDetached(t.Context(), "s").End()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := clew.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1000 spans are still waiting") {
		t.Errorf("Flush says %v", err)
	}
	if err := shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "1000 spans were not sent") {
		t.Errorf("shutdown says %v", err)
	}
	close(g.open)
}
