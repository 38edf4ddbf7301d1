package clew

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew/internal/export"
	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/internal/otlp"
)

// NewExporter returns an OpenTelemetry exporter, for a program that has a batch processor already:
//
//	e, err := clew.NewExporter(clew.Endpoint("https://clew.example"))
//	…
//	tp := sdktrace.NewTracerProvider(sdktrace.WithBatcher(e))
//
// It sends OTLP over HTTP, or as SendWith says, and tries again until the context of the export is done. NewProcessor has
// a queue that loses less, counts what it loses and keeps a spool. The options are those of Setup about the endpoint; the
// others have no effect. The error is about a malformed option. Shutdown closes connections.
func NewExporter(opts ...Option) (sdktrace.SpanExporter, error) {
	c := newSetupConfig(opts)
	if err := c.fill(); err != nil {
		return nil, fmt.Errorf("clew: NewExporter: %w", err)
	}
	if c.sender == nil {
		c.sender = c.httpSender()
	}
	return &export.Direct{To: c.sender}, nil
}

// lines is an exporter that writes each span on a line of its own.
type lines struct {
	line func(sdktrace.ReadOnlySpan) ([]byte, error)

	mu   sync.Mutex
	w    io.Writer
	file io.Closer // nil if the writer is not ours
}

// NewTextExporter returns an exporter that tells a person what happens, a line for each span when it ends: when it began,
// its name, indented by its depth, how long it took, its type, an error, and trace and span id. It is for development:
//
//	clew.Setup(ctx, clew.SpanProcessor(sdktrace.NewSimpleSpanProcessor(clew.NewTextExporter(os.Stderr))))
func NewTextExporter(w io.Writer) sdktrace.SpanExporter { return &lines{w: w, line: describe} }

// NewFileExporter returns an exporter that appends spans to a file as OTLP in JSON, a request on each line, which
// `clew import` and OpenTelemetry's collector read. The file is made if need be, and closed by Shutdown.
// The error is that of opening it.
func NewFileExporter(path string) (sdktrace.SpanExporter, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("clew: NewFileExporter: %w", err)
	}
	return &lines{w: f, file: f, line: otlp.JSON}, nil
}

// ExportSpans writes the spans in one go.
func (l *lines) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	var all []byte
	var errs []error
	for _, s := range spans {
		line, err := l.line(s)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(append(all, line...), '\n')
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.w.Write(all)
	return errors.Join(append(errs, err)...)
}

// Shutdown closes a file; a writer that was given stays open.
func (l *lines) Shutdown(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

func describe(s sdktrace.ReadOnlySpan) ([]byte, error) {
	depth, kind := 0, ""
	for _, kv := range s.Attributes() {
		switch kv.Key {
		case inherit.KeyPath:
			depth = len(kv.Value.AsStringSlice()) - 1
		case keySpanType:
			kind = " " + kv.Value.AsString()
		}
	}
	out := fmt.Appendf(nil, "%s %s%s %s%s", s.StartTime().Format("15:04:05.000"), strings.Repeat("  ", max(0, depth)), oneLine(s.Name()),
		s.EndTime().Sub(s.StartTime()).Round(10*time.Microsecond), kind)
	if status := s.Status(); status.Code == codes.Error {
		out = fmt.Appendf(out, " error: %s", oneLine(status.Description))
	}
	return fmt.Appendf(out, " [%s %s]", s.SpanContext().TraceID(), s.SpanContext().SpanID()), nil
}

// oneLine makes text harmless for a terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}
