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
	"sync"
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
		"some": {"\x08\x02", "clew: 2 spans were not sent: the server refused them: bad time"},
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

// An HTTP handler returns a moment after its client has the answer and ends the program.
func TestASpanThatEndsAroundShutdownIsSentOrCountedAndNoError(t *testing.T) {
	for name, exporter := range map[string]func(url string) clew.Option{
		"Clew's exporter": clew.Endpoint,
		"another one":     func(string) clew.Option { return clew.Exporter(tracetest.NewNoopExporter()) },
	} {
		t.Run(name, func(t *testing.T) {
			c := collect(t)
			var log bytes.Buffer
			shutdown, err := clew.Setup(t.Context(), exporter(c.URL), clew.Logger(slog.New(slog.NewTextHandler(&log, nil))))
			if err != nil {
				t.Fatal(err)
			}
			begin := make(chan struct{})
			var handlers sync.WaitGroup
			for range 20 {
				s := clew.StartDetached(t.Context(), "handler")
				handlers.Go(func() {
					<-begin
					s.End()
				})
			}
			close(begin)
			if err := shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			handlers.Wait()
			stats := clew.Stats()
			// A provider that is shut down hands nothing on, so what ends later still is not even counted.
			if stats.Sent+stats.Late > 20 || stats.Full+stats.Refused+stats.Abandoned > 0 || stats.Waiting != 0 {
				t.Errorf("%+v", stats)
			}
			if strings.Contains(log.String(), "level=WARN") {
				t.Error(log.String())
			}
		})
	}
}

func TestASpanThatEndsAfterShutdownOnAProviderThatGoesOnIsCountedAsLate(t *testing.T) {
	c := collect(t)
	tp := sdktrace.NewTracerProvider()
	processor, err := clew.NewProcessor(clew.Endpoint(c.URL), clew.Logger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	tp.RegisterSpanProcessor(processor)
	end := func() {
		_, s := tp.Tracer("t").Start(t.Context(), "s")
		s.End()
	}
	end()
	if err := processor.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	end()
	if got := processor.Stats(); got.Sent != 1 || got.Late != 1 {
		t.Errorf("%+v", got)
	}
	if err := tp.Shutdown(t.Context()); err != nil {
		t.Error(err)
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
