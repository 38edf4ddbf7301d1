package tracer_test

import (
	"context"
	"math/rand/v2"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/clewhq/clew/internal/tracer"
)

// scalars are attributes that may be shared.
func (r random) scalars(n int) (out []attribute.KeyValue) {
	for len(out) < n {
		switch kv := r.attr(0); kv.Value.Type() {
		case attribute.SLICE, attribute.MAP:
		default:
			out = append(out, kv)
		}
	}
	return out
}

func TestSharedAttributesAreThoseOfASpanThatHasThemAlone(t *testing.T) {
	few := sdktrace.SpanLimits{AttributeValueLengthLimit: 3, AttributeCountLimit: 5}
	for i, limits := range []sdktrace.SpanLimits{sdktrace.NewSpanLimits(), few, {AttributeValueLengthLimit: -1, AttributeCountLimit: -1}} {
		for seed := range uint64(200) {
			r := random{rand.New(rand.NewPCG(seed, 2))}
			common := r.scalars(r.IntN(40))
			shared, before := tracer.Share(common...), len(tracer.Share(common...).List())
			own, later, more := r.scalars(r.IntN(4)), r.scalars(r.IntN(5)), r.attrs()
			start := func(o tracer.Options) *tracer.Span {
				tr := ours(limits, sdktrace.AlwaysSample()).Tracer("").(*tracer.Tracer)
				d := tr.Decide(context.Background(), trace.SpanFromContext(context.Background()), "name", &o)
				s := new(tracer.Span)
				s.Begin(&d, "name", &o)
				s.SetAttributes(later...)
				open := s.Attributes()
				s.SetAttributes(more...)
				s.End()
				if r.IntN(2) == 0 && len(open) > 0 {
					open[0] = attribute.String("changed", "by the reader")
				}
				return s
			}
			got := start(tracer.Options{Keep: true, Shared: shared, Attributes: append([]attribute.KeyValue(nil), own...)})
			want := start(tracer.Options{Attributes: append(append([]attribute.KeyValue(nil), shared.List()...), own...)})
			if diff := gocmp.Diff(want.Attributes(), got.Attributes(), equal); diff != "" || want.DroppedAttributes() != got.DroppedAttributes() {
				t.Fatalf("limits %d, seed %d: dropped %d, want %d (-alone +shared)\n%s", i, seed, got.DroppedAttributes(), want.DroppedAttributes(), diff)
			}
			if diff := gocmp.Diff(tracer.Share(common...).List(), shared.List(), equal); diff != "" || len(shared.List()) != before {
				t.Fatalf("limits %d, seed %d: what is shared has changed\n%s", i, seed, diff)
			}
		}
	}
}

func TestASamplerSeesSharedAttributes(t *testing.T) {
	var seen []attribute.KeyValue
	tr := ours(sdktrace.NewSpanLimits(), watching{&seen}).Tracer("").(*tracer.Tracer)
	o := tracer.Options{Keep: true, Shared: tracer.Share(attribute.Bool("shared", true)), Attributes: []attribute.KeyValue{attribute.Bool("own", true)}}
	tr.Decide(context.Background(), trace.SpanFromContext(context.Background()), "name", &o)
	if len(seen) != 2 || seen[0].Key != "shared" || seen[1].Key != "own" {
		t.Errorf("saw %v", seen)
	}
}

type watching struct{ seen *[]attribute.KeyValue }

func (watching) Description() string { return "watching" }
func (w watching) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	*w.seen = p.Attributes
	return sdktrace.SamplingResult{Decision: sdktrace.Drop}
}
