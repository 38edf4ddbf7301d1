package clewtemporal

import (
	"context"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/clewhq/clew"
	"github.com/clewhq/clew/propagators"
)

const (
	// headerKey is where the serialized span context is.
	headerKey = "clew-span-context"

	// tracerKey is where the tracing interceptors of Temporal's own SDKs write a map of headers by default.
	tracerKey = "_tracer-data"
)

// Propagator carries span contexts through Temporal's headers. It also reads what the OpenTelemetry interceptors of
// Temporal's SDKs write. None of its methods returns an error: a workflow runs whether or not it can be traced.
func Propagator(opts ...PropagatorOption) workflow.ContextPropagator {
	p := &propagator{}
	for _, o := range opts {
		if o != nil {
			o.applyPropagator(p)
		}
	}
	return p
}

type propagator struct {
	idsOnly bool
	extract []clew.ExtractOption
}

// textKey is where a workflow's context has the serialized span context, and trustKey how far to believe it.
type (
	textKey  struct{}
	trustKey struct{}
)

// Serialized returns the span context that everything a workflow starts is given, or "". It is the same in every
// replay, so workflow code may put it into messages and rows of its own.
func Serialized(ctx workflow.Context) string {
	text, _ := ctx.Value(textKey{}).(string)
	return text
}

func (p *propagator) Inject(ctx context.Context, w workflow.HeaderWriter) error {
	text := clew.Serialize(ctx)
	if p.idsOnly {
		carrier := propagators.Map{}
		clew.InjectIDs(ctx, carrier)
		text = carrier.Get("traceparent")
	}
	write(w, text)
	return nil
}

func (p *propagator) Extract(ctx context.Context, r workflow.HeaderReader) (context.Context, error) {
	if text := read(r); text != "" {
		return clew.Continue(ctx, text, p.extract...), nil
	}
	if carrier := readTracer(r); carrier != nil {
		return clew.Extract(ctx, carrier, p.extract...), nil
	}
	return ctx, nil
}

func (p *propagator) InjectFromWorkflow(ctx workflow.Context, w workflow.HeaderWriter) error {
	write(w, Serialized(ctx))
	return nil
}

func (p *propagator) ExtractToWorkflow(ctx workflow.Context, r workflow.HeaderReader) (workflow.Context, error) {
	text := read(r)
	if text == "" {
		if carrier := readTracer(r); carrier != nil {
			text = carrier.Get("traceparent")
		}
	}
	if text == "" {
		return ctx, nil
	}
	return workflow.WithValue(workflow.WithValue(ctx, textKey{}, text), trustKey{}, p.extract), nil
}

func write(w workflow.HeaderWriter, text string) {
	if text == "" {
		return
	}
	if payload, err := converter.GetDefaultDataConverter().ToPayload(text); err == nil { // a string always converts
		w.Set(headerKey, payload)
	}
}

func read(r workflow.HeaderReader) (text string) {
	if payload, ok := r.Get(headerKey); ok && decode(payload, &text) {
		return text
	}
	return ""
}

func readTracer(r workflow.HeaderReader) propagators.Map {
	var headers map[string]string
	if payload, ok := r.Get(tracerKey); ok && decode(payload, &headers) {
		return headers
	}
	return nil
}

func decode(payload *commonpb.Payload, into any) bool {
	return payload != nil && converter.GetDefaultDataConverter().FromPayload(payload, into) == nil
}
