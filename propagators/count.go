package propagators

import (
	"context"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// RefusedCounter is the metric that counts refusals, by format, reason and the field that was left out. It is recorded with
// OpenTelemetry's registered meter provider; without one it costs next to nothing.
const RefusedCounter = "clew.context.refused"

func count(ctx context.Context, refused []error) {
	if len(refused) == 0 {
		return
	}
	counter, err := otel.Meter("github.com/clewhq/clew/propagators").Int64Counter(RefusedCounter,
		metric.WithDescription("Received span contexts, or optional fields of them, that were not used."), metric.WithUnit("{refusal}"))
	if err != nil {
		return // the meter provider has told its own handler
	}
	for _, err := range refused {
		if r, ok := err.(*Refusal); ok {
			field, _, _ := strings.Cut(r.Field, ".") // not the key of a stranger's metadata: attributes must stay few
			counter.Add(ctx, 1, metric.WithAttributes(attribute.String("clew.context.format", r.Format), attribute.String("clew.context.field", field),
				attribute.String("clew.context.reason", string(r.Reason))))
		}
	}
}
