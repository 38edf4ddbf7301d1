package export_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/export"
)

// endpoint is a Sender whose answers a test decides.
type endpoint struct {
	mu     sync.Mutex
	answer func(try int, names []string) error
	tries  int
	at     []time.Time
	got    []string // names of spans that were taken
	notes  int      // requests that tell of lost spans
	closed bool
}

func (e *endpoint) Send(ctx context.Context, request []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	names := names(request)
	e.tries++
	e.at = append(e.at, time.Now())
	if e.answer != nil {
		if err := e.answer(e.tries, names); err != nil {
			return err
		}
	}
	e.got = append(e.got, names...)
	if bytes.Contains(request, []byte(export.DroppedKey)) {
		e.notes++
	}
	return ctx.Err()
}

func (e *endpoint) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	return nil
}

func (e *endpoint) become(answer func(try int, names []string) error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = answer
}

func (e *endpoint) taken() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.got)
}

// names finds the spans of a request, which are called span<0>, span<1> and so on.
func names(request []byte) (out []string) {
	for _, piece := range strings.Split(string(request), "span<")[1:] {
		name, _, _ := strings.Cut(piece, ">")
		out = append(out, name)
	}
	return out
}

func span(n int) sdktrace.ReadOnlySpan {
	return tracetest.SpanStub{
		Name: fmt.Sprintf("span<%d>", n), StartTime: time.Unix(1, 0), EndTime: time.Unix(2, 0), Resource: resource.Empty(),
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{7: 1}, TraceFlags: trace.FlagsSampled}),
	}.Snapshot()
}

var usual = export.Limits{Spans: 1000, Bytes: 8 << 20, BatchSpans: 10, BatchBytes: 64 << 10, Delay: 5 * time.Second, Timeout: 10 * time.Second}

var quiet = slog.New(slog.DiscardHandler)

var refused = &export.SendError{Err: errors.New("connection refused"), Retry: true, Unreachable: true}

func away(int, []string) error { return refused }

func start(t testing.TB, c export.Config) *export.Pipeline {
	t.Helper()
	p, err := export.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func end(p *export.Pipeline, from, to int) {
	for n := from; n < to; n++ {
		p.OnEnd(span(n))
	}
}

// numbers are the names of spans from and to.
func numbers(from, to int) (out []string) {
	for n := from; n < to; n++ {
		out = append(out, fmt.Sprint(n))
	}
	return out
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	got = slices.Clone(got)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d spans arrived, want %d: %v", len(got), len(want), got)
	}
}
