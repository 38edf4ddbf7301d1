package tracer_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"sync"
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

	"github.com/clewhq/clew/internal/inherit"
	"github.com/clewhq/clew/internal/tracer"
)

// provider is what both kinds of provider can do.
type provider interface {
	trace.TracerProvider
	RegisterSpanProcessor(sdktrace.SpanProcessor)
	UnregisterSpanProcessor(sdktrace.SpanProcessor)
	ForceFlush(context.Context) error
	Shutdown(context.Context) error
}

var res = resource.NewSchemaless(attribute.String("service.name", "test"))

func ours(l sdktrace.SpanLimits, s sdktrace.Sampler, sps ...sdktrace.SpanProcessor) provider {
	return tracer.NewProvider(tracer.Config{Resource: res, Sampler: s, Limits: l, Processors: sps})
}

func theirs(l sdktrace.SpanLimits, s sdktrace.Sampler, sps ...sdktrace.SpanProcessor) provider {
	opts := []sdktrace.TracerProviderOption{sdktrace.WithResource(res), sdktrace.WithRawSpanLimits(l), sdktrace.WithSampler(s)}
	for _, sp := range sps {
		opts = append(opts, sdktrace.WithSpanProcessor(sp))
	}
	return sdktrace.NewTracerProvider(opts...)
}

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

// keeper keeps spans as processors do.
type keeper struct {
	mu      sync.Mutex
	started []sdktrace.ReadWriteSpan
	ended   []sdktrace.ReadOnlySpan
	downs   int
}

func (k *keeper) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.started = append(k.started, s)
}

func (k *keeper) OnEnd(s sdktrace.ReadOnlySpan) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended = append(k.ended, s)
}

func (k *keeper) Shutdown(context.Context) error   { k.downs++; return nil }
func (k *keeper) ForceFlush(context.Context) error { return nil }

func usual(sps ...sdktrace.SpanProcessor) provider {
	return ours(sdktrace.NewSpanLimits(), sdktrace.AlwaysSample(), sps...)
}

func TestARootIsMarkedAsRandomAndAChildIsNot(t *testing.T) {
	tr := usual().Tracer("")
	ctx, root := tr.Start(context.Background(), "root")
	_, child := tr.Start(ctx, "child")
	if root.SpanContext().TraceFlags() != trace.FlagsSampled|trace.FlagsRandom || child.SpanContext().TraceFlags() != root.SpanContext().TraceFlags() {
		t.Errorf("flags %v, %v", root.SpanContext().TraceFlags(), child.SpanContext().TraceFlags())
	}
	foreign := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled})
	_, s := tr.Start(trace.ContextWithSpanContext(context.Background(), foreign), "below a parent of unknown randomness")
	if s.SpanContext().TraceFlags() != trace.FlagsSampled || s.SpanContext().TraceID() != foreign.TraceID() {
		t.Errorf("%v", s.SpanContext())
	}
}

func TestEveryMethodThatIsKnownIsTheSpansOwn(t *testing.T) {
	span, known := reflect.TypeFor[*tracer.Span](), reflect.TypeFor[sdktrace.ReadWriteSpan]()
	for i := range known.NumMethod() {
		name := known.Method(i).Name
		m, ok := span.MethodByName(name)
		if !ok { // the private ones, with which OpenTelemetry keeps its interfaces to itself
			continue
		}
		if file, _ := runtime.FuncForPC(m.Func.Pointer()).FileLine(m.Func.Pointer()); file == "<autogenerated>" {
			t.Errorf("%s is that of a span that does nothing", name)
		}
	}
}

func TestANilSpanDoesNothing(t *testing.T) {
	var s *tracer.Span
	s.SetName("n")
	s.SetAttributes(attribute.Bool("a", true))
	s.SetStatus(codes.Ok, "")
	s.AddEvent("e")
	s.AddLink(trace.Link{})
	s.RecordError(errors.New("e"))
	s.End()
	if s.IsRecording() || s.SpanContext().IsValid() || s.TracerProvider() == nil || s.Inherited() != nil {
		t.Error("a nil span is something")
	}
	//lint:ignore SA1012 a nil context must not break the caller
	if ctx, s := usual().Tracer("").Start(nil, "no context"); ctx == nil || !s.IsRecording() {
		t.Error("no span without a context")
	}
}

func TestAPanicThatPassesEndIsRecordedAndGoesOn(t *testing.T) {
	k := &keeper{}
	func() {
		defer func() {
			if p := recover(); p != "boom" {
				t.Errorf("recovered %v", p)
			}
		}()
		_, s := usual(k).Tracer("").Start(context.Background(), "s")
		defer s.End(trace.WithStackTrace(true))
		panic("boom")
	}()
	events := k.ended[0].Events()
	if len(events) != 1 || events[0].Name != "exception" || len(events[0].Attributes) != 3 {
		t.Errorf("%+v", events)
	}
}

func TestASpanIsUsedByManyAtOnce(t *testing.T) {
	k := &keeper{}
	tp := usual(k)
	tr := tp.Tracer("")
	ctx, s := tr.Start(context.Background(), "s")
	var users sync.WaitGroup
	for i := range 8 {
		users.Go(func() {
			for range 50 {
				random{rand.New(rand.NewPCG(uint64(i), 2))}.use(ctx, tr, 1)
				s.SetAttributes(attribute.Int(fmt.Sprintf("k%d", i), i))
				s.AddEvent("e")
				s.SetName("renamed")
				_ = comparable(s.(sdktrace.ReadWriteSpan))
			}
			s.End()
		})
	}
	users.Go(func() {
		extra := &keeper{}
		tp.RegisterSpanProcessor(extra)
		tp.UnregisterSpanProcessor(extra)
	})
	users.Wait()
	n := 0
	for _, e := range k.ended {
		if e.SpanContext().Equal(s.SpanContext()) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the span ended %d times", n)
	}
}

func TestWhatIsReadOfAnOpenSpanIsACopy(t *testing.T) {
	k := &keeper{}
	_, s := usual(k).Tracer("").Start(context.Background(), "s", trace.WithAttributes(attribute.Int("a", 1)))
	before := k.started[0].Attributes()
	s.SetAttributes(attribute.Int("a", 2))
	if before[0] != attribute.Int("a", 1) || k.started[0].Attributes()[0] != attribute.Int("a", 2) {
		t.Errorf("read %v, now %v", before, k.started[0].Attributes())
	}
}

// stamp is a span's stamp: two attributes and some metadata.
type stamp struct {
	n     int
	state *inherit.State
}

func (s *stamp) State() *inherit.State { return s.state }
func (s *stamp) AppendAttributes(attrs []attribute.KeyValue) []attribute.KeyValue {
	for i := range s.n {
		attrs = append(attrs, attribute.String(fmt.Sprintf("stamp.%d", i), "stamped"))
	}
	return attrs
}

// stamping gives every span a stamp.
type stamping struct{ keeper }

func (p *stamping) OnStart(ctx context.Context, s sdktrace.ReadWriteSpan) {
	s.(*tracer.Span).SetStamp(&stamp{4, inherit.New()})
	p.keeper.OnStart(ctx, s)
}

func TestStampedAttributesGiveWayToThoseThatAreSet(t *testing.T) {
	for name, tc := range map[string]struct {
		limit   int
		set     []string // before and after
		want    int
		stamped int
		dropped int
	}{
		"nothing set":              {limit: -1, want: 4, stamped: 4},
		"others set":               {limit: -1, set: []string{"a", "b"}, want: 6, stamped: 4},
		"one of them set":          {limit: -1, set: []string{"a", "stamp.2"}, want: 5, stamped: 3},
		"as many as the limit":     {limit: 6, set: []string{"a", "b"}, want: 6, stamped: 4},
		"no room for the last set": {limit: 5, set: []string{"a", "b"}, want: 5, stamped: 4, dropped: 1},
		"no room for all of them":  {limit: 3, set: []string{"a", "b"}, want: 3, stamped: 2, dropped: 3},
		"no room at all":           {limit: 0, set: []string{"a", "b"}, want: 0, dropped: 6},
	} {
		t.Run(name, func(t *testing.T) {
			limits := sdktrace.NewSpanLimits()
			limits.AttributeCountLimit = tc.limit
			k := &stamping{}
			tr := ours(limits, sdktrace.AlwaysSample(), k).Tracer("")
			var first, second []attribute.KeyValue
			for i, key := range tc.set {
				if i == 0 {
					first = append(first, attribute.String(key, "set"))
				} else {
					second = append(second, attribute.String(key, "set"))
				}
			}
			_, s := tr.Start(context.Background(), "s", trace.WithAttributes(first...))
			s.SetAttributes(second...)
			open := k.started[0].Attributes()
			s.End()
			got := k.ended[0].Attributes()
			if diff := gocmp.Diff(open, got, equal); diff != "" {
				t.Errorf("the open span has others:\n%s", diff)
			}
			stamped := 0
			for _, kv := range got {
				if kv.Value.AsString() == "stamped" {
					stamped++
				}
			}
			if len(got) != tc.want || stamped != tc.stamped || k.ended[0].DroppedAttributes() != tc.dropped {
				t.Errorf("%v, %d dropped", got, k.ended[0].DroppedAttributes())
			}
		})
	}
}

func TestASpanTellsItsStateUnlessAnAttributeSaysMore(t *testing.T) {
	k := &stamping{}
	_, s := ours(sdktrace.NewSpanLimits(), sdktrace.AlwaysSample(), k).Tracer("").Start(context.Background(), "s")
	if s.(*tracer.Span).Inherited() == nil {
		t.Error("no state")
	}
	s.SetAttributes(attribute.String("lmnr.association.properties.session_id", "set by hand"))
	if s.(*tracer.Span).Inherited() != nil {
		t.Error("an attribute was overlooked")
	}
}

func TestAProviderThatIsShutDownSendsNothing(t *testing.T) {
	k := &keeper{}
	tp := usual(k)
	tr := tp.Tracer("")
	_, s := tr.Start(context.Background(), "s")
	for range 2 {
		if err := tp.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	}
	s.End()
	_, late := tr.Start(context.Background(), "late")
	late.End()
	_, noop := tp.Tracer("").Start(context.Background(), "noop")
	tp.RegisterSpanProcessor(k)
	tp.UnregisterSpanProcessor(k)
	if len(k.ended) != 0 || k.downs != 1 || noop.IsRecording() || tp.ForceFlush(context.Background()) != nil {
		t.Errorf("%d spans, %d shutdowns, recording: %v", len(k.ended), k.downs, noop.IsRecording())
	}
}

func TestAProcessorIsTakenOutAndShutDown(t *testing.T) {
	k, stays := &keeper{}, &keeper{}
	tp := usual(k)
	tp.RegisterSpanProcessor(stays)
	tp.UnregisterSpanProcessor(k)
	_, s := tp.Tracer("").Start(context.Background(), "s")
	s.End()
	if k.downs != 1 || len(k.ended) != 0 || len(stays.ended) != 1 {
		t.Errorf("%d shutdowns, %d and %d spans", k.downs, len(k.ended), len(stays.ended))
	}
	if tp.Tracer("a") == tp.Tracer("b") || tp.Tracer("a") != tp.Tracer("a") || s.TracerProvider() != trace.TracerProvider(tp) {
		t.Error("a tracer is not that of its scope")
	}
}
