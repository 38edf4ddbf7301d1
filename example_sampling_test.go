package clew_test

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"

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
