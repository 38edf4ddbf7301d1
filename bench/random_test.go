package bench

import (
	"math"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// random makes spans that use everything a span can have, bad text included.
type random struct {
	*rand.Rand
	resources []*resource.Resource
	scopes    []instrumentation.Scope
}

func newRandom(seed uint64) *random {
	r := &random{Rand: rand.New(rand.NewPCG(seed, 1))}
	for i := range 1 + r.IntN(3) { // theirs takes resources with the same attributes for one, whatever their schema
		r.resources = append(r.resources, resource.NewWithAttributes(r.text(), append(r.attributes(2), attribute.Int("id", i))...))
	}
	for range 1 + r.IntN(3) {
		r.scopes = append(r.scopes, instrumentation.Scope{
			Name: r.text(), Version: r.text(), SchemaURL: r.text(), Attributes: attribute.NewSet(r.attributes(1)...),
		})
	}
	r.scopes = append(r.scopes, instrumentation.Scope{})
	return r
}

func (r *random) text() string {
	n := r.IntN(12)
	if r.IntN(20) == 0 {
		n = 100 + r.IntN(20_000) // sizes of two and three bytes
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(' ' + r.IntN(95))
		if r.IntN(200) == 0 {
			b[i] = byte(r.IntN(256))
		}
	}
	return string(b)
}

func several[T any](r *random, one func() T) []T {
	out := make([]T, r.IntN(4))
	for i := range out {
		out[i] = one()
	}
	return out
}

func (r *random) int() int64 {
	return []int64{0, 1, -1, 300, math.MaxInt64, math.MinInt64, r.Int64()}[r.IntN(7)]
}
func (r *random) float() float64 { return []float64{0, -0.5, math.Inf(1), r.Float64()}[r.IntN(4)] }
func (r *random) bool() bool     { return r.IntN(2) == 0 }

func (r *random) value(depth int) attribute.Value {
	kinds := 11
	if depth == 0 {
		kinds = 9
	}
	switch r.IntN(kinds) {
	case 0:
		return attribute.Value{}
	case 1:
		return attribute.BoolValue(r.bool())
	case 2:
		return attribute.Int64Value(r.int())
	case 3:
		return attribute.Float64Value(r.float())
	case 4:
		return attribute.ByteSliceValue([]byte(r.text()))
	case 5:
		return attribute.StringSliceValue(several(r, r.text))
	case 6:
		return attribute.BoolSliceValue(several(r, r.bool))
	case 7:
		return attribute.Int64SliceValue(several(r, r.int))
	case 8:
		return attribute.Float64SliceValue(several(r, r.float))
	case 9:
		return attribute.SliceValue(several(r, func() attribute.Value { return r.value(depth - 1) })...)
	}
	return attribute.MapValue(r.attributes(depth - 1)...)
}

func (r *random) attributes(depth int) []attribute.KeyValue {
	return several(r, func() attribute.KeyValue {
		if r.bool() {
			return attribute.String(r.text(), r.text())
		}
		return attribute.KeyValue{Key: attribute.Key(r.text()), Value: r.value(depth)}
	})
}

func (r *random) context() trace.SpanContext {
	c := trace.SpanContextConfig{TraceFlags: trace.TraceFlags(r.IntN(256)), Remote: r.bool()}
	for i := range c.TraceID {
		c.TraceID[i] = byte(r.IntN(256))
	}
	if r.bool() { // else there is none
		c.SpanID = trace.SpanID(c.TraceID[:8])
	}
	if r.bool() {
		c.TraceState, _ = trace.ParseTraceState("a=1,b=2")
	}
	return trace.NewSpanContext(c)
}

func (r *random) time() time.Time {
	return []time.Time{{}, time.Unix(0, 0), time.Unix(-5, 0), time.Unix(1_700_000_000, r.Int64N(1e9))}[r.IntN(4)]
}

func (r *random) span() sdktrace.ReadOnlySpan {
	return tracetest.SpanStub{
		Name: r.text(), SpanContext: r.context(), Parent: r.context(), SpanKind: trace.SpanKind(r.IntN(8) - 1),
		StartTime: r.time(), EndTime: r.time(), Attributes: r.attributes(3),
		Events: several(r, func() sdktrace.Event {
			return sdktrace.Event{Name: r.text(), Time: r.time(), Attributes: r.attributes(1), DroppedAttributeCount: int(r.int())}
		}),
		Links: several(r, func() sdktrace.Link {
			return sdktrace.Link{SpanContext: r.context(), Attributes: r.attributes(1), DroppedAttributeCount: r.IntN(3)}
		}),
		Status:            sdktrace.Status{Code: codes.Code(r.IntN(4)), Description: r.text()},
		DroppedAttributes: int(r.int()), DroppedEvents: r.IntN(3), DroppedLinks: r.IntN(3),
		Resource:             r.resources[r.IntN(len(r.resources))],
		InstrumentationScope: r.scopes[r.IntN(len(r.scopes))],
	}.Snapshot()
}
