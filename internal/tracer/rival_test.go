package tracer_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// random makes values and calls, the same for the same seed.
type random struct{ *rand.Rand }

func (r random) text() string {
	return []string{"", "a", "value", "ünïcödé", "a longer text than any of the limits", "日本語"}[r.IntN(6)]
}

func (r random) value(depth int) attribute.Value {
	switch n := r.IntN(11); {
	case n == 0:
		return attribute.BoolValue(true)
	case n == 1:
		return attribute.Int64Value(int64(r.IntN(9)))
	case n == 2:
		return attribute.Float64Value(0.5)
	case n == 3:
		return attribute.StringSliceValue([]string{r.text(), r.text(), r.text(), r.text()}[:r.IntN(5)])
	case n == 4:
		return attribute.Int64SliceValue([]int64{1, 2})
	case n == 5:
		return attribute.ByteSliceValue([]byte(r.text()))
	case n == 6 && depth > 0:
		return attribute.SliceValue(r.value(depth-1), r.value(depth-1))
	case n == 7 && depth > 0:
		return attribute.MapValue(r.attr(depth-1), r.attr(depth-1), r.attr(depth-1))
	}
	return attribute.StringValue(r.text())
}

func (r random) attr(depth int) attribute.KeyValue {
	keys := []string{"a", "b", "k1", "k2", "some.key", "other.key", "same.size1", "same.size2", "same_size1"}
	if r.IntN(20) == 0 {
		return attribute.KeyValue{} // not valid
	}
	key := keys[r.IntN(len(keys))]
	if r.IntN(3) == 0 {
		key = fmt.Sprintf("key.%d", r.IntN(100))
	}
	return attribute.KeyValue{Key: attribute.Key(key), Value: r.value(depth)}
}

func (r random) attrs() (out []attribute.KeyValue) {
	for range r.IntN(12) {
		out = append(out, r.attr(4))
	}
	return out
}

func (r random) link() trace.Link {
	var c trace.SpanContextConfig
	if r.IntN(4) > 0 {
		c.TraceID, c.SpanID = trace.TraceID{byte(r.IntN(5))}, trace.SpanID{byte(1 + r.IntN(5))}
	}
	return trace.Link{SpanContext: trace.NewSpanContext(c), Attributes: r.attrs()}
}

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)

type customError struct{ text string }

func (e customError) Error() string { return e.text }

// use calls anything in any order.
func (r random) use(ctx context.Context, tr trace.Tracer, depth int) {
	opts := []trace.SpanStartOption{trace.WithTimestamp(epoch), trace.WithAttributes(r.attrs()...), trace.WithSpanKind(trace.SpanKind(r.IntN(7)))}
	for range r.IntN(3) {
		opts = append(opts, trace.WithLinks(r.link()))
	}
	if r.IntN(10) == 0 {
		opts = append(opts, trace.WithNewRoot())
	}
	ctx, s := tr.Start(ctx, r.text(), opts...)
	for range r.IntN(12) {
		at := trace.WithTimestamp(epoch.Add(time.Duration(r.IntN(1000))))
		switch r.IntN(9) {
		case 0:
			s.SetName(r.text())
		case 1:
			s.SetStatus(codes.Code(r.IntN(3)), r.text())
		case 2, 3:
			s.SetAttributes(r.attrs()...)
		case 4:
			s.AddEvent(r.text(), at, trace.WithAttributes(r.attrs()...))
		case 5:
			s.AddLink(r.link())
		case 6:
			s.RecordError([]error{nil, errors.New("failed"), customError{"custom"}, &customError{"pointer"}}[r.IntN(4)], at, trace.WithAttributes(r.attrs()...))
		case 7:
			if depth > 0 {
				r.use(ctx, tr, depth-1)
			}
		case 8:
			if r.IntN(6) == 0 {
				s.End(trace.WithTimestamp(epoch.Add(time.Second))) // and it goes on
			}
		}
	}
	s.End(trace.WithTimestamp(epoch.Add(time.Minute)))
}

// comparable is a span without what is random.
func comparable(s sdktrace.ReadOnlySpan) tracetest.SpanStub {
	stub := tracetest.SpanStubFromReadOnlySpan(s)
	plain := func(sc trace.SpanContext) trace.SpanContext {
		if !sc.IsValid() {
			return trace.SpanContext{}
		}
		return sc.WithTraceID(trace.TraceID{1}).WithSpanID(trace.SpanID{1}).WithTraceFlags(sc.TraceFlags() & trace.FlagsSampled)
	}
	stub.SpanContext, stub.Parent = plain(stub.SpanContext), plain(stub.Parent)
	if len(stub.Events) == 0 {
		stub.DroppedEvents = 0 // which the SDK forgets where it keeps none
	}
	if len(stub.Links) == 0 {
		stub.DroppedLinks = 0
	}
	stub.Attributes = slices.Clone(stub.Attributes)
	slices.SortFunc(stub.Attributes, func(a, b attribute.KeyValue) int { return cmp.Compare(a.Key, b.Key) })
	return stub
}

var equal = gocmp.Options{
	cmpopts.EquateEmpty(), gocmp.Comparer(func(a, b attribute.Value) bool { return a == b }),
	gocmp.Comparer(func(a, b trace.SpanContext) bool { return a.Equal(b) }), gocmp.Comparer(func(a, b *resource.Resource) bool { return a.Equal(b) }),
	gocmp.Comparer(func(a, b attribute.Set) bool { return a.Equals(&b) }),
}

func TestAnyCallsMakeTheSpanThatOpenTelemetrysSDKMakes(t *testing.T) {
	unlimited := sdktrace.NewSpanLimits()
	few := sdktrace.SpanLimits{
		AttributeValueLengthLimit: 3, AttributeValueDepthLimit: 2, AttributeCountLimit: 5, EventCountLimit: 2, LinkCountLimit: 1,
		AttributePerEventCountLimit: 2, AttributePerLinkCountLimit: 1,
	}
	all := sdktrace.SpanLimits{
		AttributeValueLengthLimit: -1, AttributeValueDepthLimit: -1, AttributeCountLimit: -1, EventCountLimit: -1, LinkCountLimit: -1,
		AttributePerEventCountLimit: -1, AttributePerLinkCountLimit: -1,
	}
	samplers := []sdktrace.Sampler{
		sdktrace.AlwaysSample(), sdktrace.NeverSample(), sdktrace.ParentBased(sdktrace.AlwaysSample()), recordOnly{},
	}
	for i, limits := range []sdktrace.SpanLimits{unlimited, few, all, {}} {
		for j, sampler := range samplers {
			for seed := range uint64(25) {
				var got [2][]tracetest.SpanStub
				for k, make := range []func(sdktrace.SpanLimits, sdktrace.Sampler, ...sdktrace.SpanProcessor) provider{ours, theirs} {
					ended := &keeper{}
					tp := make(limits, sampler, ended)
					random{rand.New(rand.NewPCG(seed, 1))}.use(context.Background(), tp.Tracer("scope", trace.WithInstrumentationVersion("1")), 3)
					for _, s := range ended.ended {
						got[k] = append(got[k], comparable(s))
					}
				}
				if diff := gocmp.Diff(got[1], got[0], equal); diff != "" {
					t.Fatalf("limits %d, sampler %d, seed %d: (-OpenTelemetry +Clew)\n%s", i, j, seed, diff)
				}
			}
		}
	}
}

type recordOnly struct{}

func (recordOnly) Description() string { return "record only" }
func (recordOnly) ShouldSample(sdktrace.SamplingParameters) sdktrace.SamplingResult {
	return sdktrace.SamplingResult{Decision: sdktrace.RecordOnly, Attributes: []attribute.KeyValue{attribute.Bool("sampler", true)}}
}
