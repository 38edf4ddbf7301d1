package clew_test

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/clewhq/clew"
)

func ExampleSample() {
	done := recording(clew.Sample(0.1, // of all traces a tenth, but
		clew.SamplingRule{Name: "GET /health*", Keep: 0},
		clew.SamplingRule{Attrs: []attribute.KeyValue{attribute.String("plan", "enterprise")}, Keep: 1}))
	ctx := context.Background()

	clew.StartDetached(ctx, "GET /health/live").End()
	clew.StartDetached(ctx, "answer", clew.Attr(attribute.String("plan", "enterprise"))).End()

	done()
	// Output:
	// answer
}

func ExampleKeepUnsampled() {
	done := recording(clew.Sample(0), clew.KeepUnsampled(clew.Unsampled{SlowerThan: 30 * time.Second}))
	ctx := context.Background()

	_ = clew.Run(ctx, "goes well", func(context.Context) error { return nil })
	_ = clew.Run(ctx, "goes wrong", func(ctx context.Context) error {
		_ = clew.Run(ctx, "step", func(context.Context) error { return nil })
		return errors.New("no answer")
	})

	done()
	// Output:
	// goes wrong error=no answer
	//   step
}

// Any sampler of OpenTelemetry decides, here one that leaves everything out. Sample does what most programs need.
func ExampleSampler() {
	done := recording(clew.Sampler(sdktrace.NeverSample()))

	clew.StartDetached(context.Background(), "not recorded").End()

	done()
	// Output:
}

// A provider of the program's own heeds what received contexts say about sampling, and LevelOff, if its sampler is told to.
func ExampleContextSampler() {
	tp := sdktrace.NewTracerProvider(sdktrace.WithSampler(clew.ContextSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(0.1)))))
	shutdown, err := clew.Setup(context.Background(), clew.TracerProvider(tp))
	_, _ = shutdown, err
}
