package clew_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew"
)

func TestTheEnvironmentsSamplerDecides(t *testing.T) {
	for name, tc := range map[string]struct {
		sampler, arg                string
		root, belowOn, belowOff, ok bool // ok: nothing is said about it
	}{
		"none":                      {"", "", true, true, false, true},
		"always on":                 {"always_on", "", true, true, true, true},
		"always off":                {"always_off", "", false, false, false, true},
		"a part of none":            {"traceidratio", "0", false, false, false, true},
		"a part of all":             {"traceidratio", "1", true, true, true, true},
		"following, on":             {"parentbased_always_on", "", true, true, false, true},
		"following, off":            {"parentbased_always_off", "", false, true, false, true},
		"following, a part of none": {" ParentBased_TraceIDRatio ", "0", false, true, false, true},
		"no number":                 {"parentbased_traceidratio", "half", true, true, false, false},
		"a number out of range":     {"traceidratio", "NaN", true, true, true, false},
		"a sampler of nobody":       {"jaeger_remote", "", true, true, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_TRACES_SAMPLER", tc.sampler)
			t.Setenv("OTEL_TRACES_SAMPLER_ARG", tc.arg)
			var log bytes.Buffer
			shutdown, err := clew.Setup(t.Context(), clew.Exporter(tracetest.NewNoopExporter()), clew.Logger(slog.New(slog.NewTextHandler(&log, nil))))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = shutdown(context.Background()) }()
			sampled := func(opts ...clew.SpanOption) bool {
				return clew.StartDetached(t.Context(), "s", opts...).OTel().SpanContext().IsSampled()
			}
			parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, Remote: true})
			root, belowOn, belowOff := sampled(), sampled(clew.ParentContext(parent.WithTraceFlags(trace.FlagsSampled))), sampled(clew.ParentContext(parent))
			if root != tc.root || belowOn != tc.belowOn || belowOff != tc.belowOff {
				t.Errorf("sampled: a root %v, below a sampled span %v, below another %v", root, belowOn, belowOff)
			}
			if said := strings.Contains(log.String(), "is ignored"); said == tc.ok {
				t.Errorf("log: %s", log.String())
			}
		})
	}
}
