package clew_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/clewtest"
)

func TestLogsOfASpanAreEventsWithASeverity(t *testing.T) {
	r := clewtest.Record(t)
	_, s := clew.Start(t.Context(), "s")
	s.Debug("d")
	s.Info("i", attribute.Int("n", 1))
	s.Warn("w")
	s.Error("e")
	s.Log(slog.LevelInfo+1, "between")
	s.End()
	s.Info("after the end")
	clew.Event(t.Context(), "alone", attribute.Bool("ok", true))
	want := `- s
    event d: log.severity=DEBUG
    event i: log.severity=INFO n=1
    event w: log.severity=WARN
    event e: log.severity=ERROR
    event between: log.severity=INFO+1
    status: Error e
- alone
    event alone: ok=true
`
	if got := r.Text(); got != want {
		t.Errorf("got\n%s", got)
	}
	if s := r.Span("s"); s.Status.Code != codes.Error {
		t.Error(s.Status)
	}
}

func TestLogRecordsHaveTheIDsOfTheSpan(t *testing.T) {
	clewtest.Record(t)
	ctx, s := clew.Start(t.Context(), "s")
	defer s.End()
	sc := s.OTel().SpanContext()
	var none context.Context // a mistake that must not matter
	ids := `"trace_id":"` + sc.TraceID().String() + `","span_id":"` + sc.SpanID().String() + `"`
	for name, tc := range map[string]struct {
		log  func(*slog.Logger)
		want string
	}{
		"in a span":       {func(l *slog.Logger) { l.InfoContext(ctx, "m", "k", 1) }, `{"msg":"m","k":1,` + ids + `}`},
		"outside":         {func(l *slog.Logger) { l.Info("m", "k", 1) }, `{"msg":"m","k":1}`},
		"nil context":     {func(l *slog.Logger) { l.InfoContext(none, "m") }, `{"msg":"m"}`},
		"with attributes": {func(l *slog.Logger) { l.With("a", 1).InfoContext(ctx, "m") }, `{"msg":"m","a":1,` + ids + `}`},
		"in a group":      {func(l *slog.Logger) { l.WithGroup("g").InfoContext(ctx, "m", "k", 1) }, `{"msg":"m",` + ids + `,"g":{"k":1}}`},
		"in groups": {func(l *slog.Logger) {
			l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").InfoContext(ctx, "m", "k", 1)
		}, `{"msg":"m","a":1,` + ids + `,"g":{"b":2,"h":{"k":1}}}`},
		"below the minimum": {func(l *slog.Logger) { l.DebugContext(ctx, "m") }, ``},
	} {
		var out bytes.Buffer
		quiet := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
				return slog.Attr{}
			}
			return a
		}}
		tc.log(slog.New(clew.LogHandler(slog.NewJSONHandler(&out, quiet))))
		if got := strings.TrimSpace(out.String()); got != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tc.want)
		}
	}
	slog.New(clew.LogHandler(nil)).InfoContext(ctx, "nowhere")
}
